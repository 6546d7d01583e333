package sipleg_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/va-gateway/terraform-provider-va/gateway/internal/audio"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/call"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/sipleg"
	"github.com/va-gateway/terraform-provider-va/gateway/internal/protocol/sipua/trunk"
)

// baresipModules is where Debian keeps them.
const baresipModules = "/usr/lib/baresip/modules"

// softphone is a running baresip.
type softphone struct {
	t       *testing.T
	control net.Conn
	events  chan string // their types
}

// launch starts a soft phone that says nothing.
func launch(t *testing.T, program, transport string) *softphone {
	t.Helper()
	modules, err := filepath.Glob(baresipModules)
	require.NoError(t, err)
	if len(modules) == 0 {
		t.Skip("baresip is not that of Debian")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	control := free.Addr().String()
	require.NoError(t, free.Close())
	dir := t.TempDir()
	write := func(name string, lines ...string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	}
	write("config",
		"sip_listen 127.0.0.1:0", "net_interface 127.0.0.1", "sip_transports "+transport,
		"audio_source aufile,"+dir+"/spoken.wav", "audio_player aufile,"+dir+"/heard.wav",
		"audio_alert aufile,"+dir+"/alert.wav", "rtp_ports 26000-26999", "module_path "+modules[0],
		"module g711.so", "module aufile.so", "module ctrl_tcp.so",
		"module_app account.so", "module_app menu.so", "ctrl_tcp_listen "+control)
	write("accounts", "<sip:+15557654321@127.0.0.1;transport="+transport+">;regint=0;audio_codecs=PCMU")
	write("contacts")
	var wav bytes.Buffer
	require.NoError(t, audio.WriteWAV(&wav, audio.Sound{Rate: 8000, Samples: make([]int16, 20*8000)}))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "spoken.wav"), wav.Bytes(), 0o600))
	cmd := exec.CommandContext(t.Context(), program, "-f", dir)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(t, cmd.Start())
	s := &softphone{t: t, events: make(chan string, 64)}
	require.Eventually(t, func() bool {
		s.control, err = net.Dial("tcp", control)
		return err == nil
	}, patience, 20*time.Millisecond)
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read()
	}()
	t.Cleanup(func() {
		_ = s.control.Close()
		<-read
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	return s
}

// read takes netstrings of JSON.
func (s *softphone) read() {
	r := bufio.NewReader(s.control)
	for {
		var n int
		if _, err := fmt.Fscanf(r, "%d:", &n); err != nil {
			return
		}
		data := make([]byte, n+1) // and a comma
		if _, err := io.ReadFull(r, data); err != nil {
			return
		}
		var event struct {
			Event bool
			Type  string
		}
		if json.Unmarshal(data[:n], &event) == nil && event.Event {
			select {
			case s.events <- event.Type:
			default:
			}
		}
	}
}

func (s *softphone) do(command, params string) {
	s.t.Helper()
	data, err := json.Marshal(map[string]string{"command": command, "params": params})
	require.NoError(s.t, err)
	_, err = fmt.Fprintf(s.control, "%d:%s,", len(data), data)
	require.NoError(s.t, err)
}

func (s *softphone) sees(want string) {
	s.t.Helper()
	late := time.After(patience)
	for {
		select {
		case got := <-s.events:
			if got == want {
				return
			}
		case <-late:
			require.FailNow(s.t, "the soft phone does not report "+want)
		}
	}
}

// TestBaresip lets a common soft phone call.
func TestBaresip(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("baresip")
	if err != nil {
		t.Skip("baresip is not installed (Debian: baresip-core)")
	}
	for _, transport := range []sipua.Transport{sipua.UDP, sipua.TCP} {
		t.Run("call, keys, hold, resume, goodbye over "+string(transport), func(t *testing.T) {
			t.Parallel()
			r := startTrunk(t, sipleg.Ways{}, &trunk.Trunk{
				Kind: "sip", ID: "chn_number", Active: true, Numbers: []string{"+15551230000"},
				Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			})
			s := launch(t, program, string(transport))
			to, _ := r.Address(transport)
			s.do("dial", fmt.Sprintf("sip:+15551230000@%s;transport=%s", to, transport))
			s.sees("CALL_ESTABLISHED")
			s.do("sndcode", "5")
			require.Equal(t, call.Input{Kind: call.InputDTMF, Digit: '5'}, <-r.inputs)
			s.do("hold", "")
			s.do("resume", "")
			s.do("sndcode", "6")
			require.Equal(t, call.Input{Kind: call.InputDTMF, Digit: '6'}, <-r.inputs)
			require.Equal(t, 1, r.Calls())
			r.ends <- call.Ending{Outcome: call.OutcomeResolved}
			s.sees("CALL_CLOSED")
			require.Eventually(t, func() bool { return r.Calls() == 0 }, patience, time.Millisecond)
		})
	}
}
