package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	startTimeout = 60 * time.Second
	stopTimeout  = 30 * time.Second
	superuser    = "va"
)

// errNoServer means that this machine has no PostgreSQL.
var errNoServer = errors.New("no PostgreSQL: install the package postgresql or set " + databaseURL)

// server is a PostgreSQL process with its own data, reachable only through a
// socket in its own directory, so that no port is needed.
type server struct {
	dir    string
	cmd    *exec.Cmd
	orders io.WriteCloser // of supervise; the server stops when it is closed
}

// fast makes nothing durable: that would only cost time.
var fast = []string{"-c", "synchronous_commit=off"}

// start makes a database cluster and serves it with more options.
func start(options ...string) (s *server, address string, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, "", err
	}
	owner, err := unprivileged()
	if err != nil {
		return nil, "", err
	}
	dir, err := os.MkdirTemp("", "va-pg-")
	if err != nil {
		return nil, "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if owner != nil {
		if err := os.Chown(dir, int(owner.Uid), int(owner.Gid)); err != nil {
			return nil, "", err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()

	data := filepath.Join(dir, "data")
	initdb := exec.CommandContext(ctx, filepath.Join(bin, "initdb"), "-D", data, "-U", superuser,
		"--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
	as(initdb, owner, dir)
	if out, err := initdb.CombinedOutput(); err != nil {
		return nil, "", fmt.Errorf("initdb: %w: %s", err, bytes.TrimSpace(out))
	}
	s, err = serve(filepath.Join(bin, "postgres"), data, dir, owner, options)
	if err != nil {
		return nil, "", err
	}
	address = (&url.URL{
		Scheme: "postgres", User: url.User(superuser), Path: "/postgres",
		RawQuery: url.Values{"host": {dir}}.Encode(),
	}).String()
	if err := answers(ctx, address); err != nil {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return nil, "", errors.Join(fmt.Errorf("start PostgreSQL: %w: %s", err, bytes.TrimSpace(log)), s.stop())
	}
	return s, address, nil
}

// supervise runs the server and obeys orders, one a line, until its own input
// ends, which also happens when the test binary is killed; then it removes
// everything. To stop at once, as after a fault, the server gets SIGQUIT.
const supervise = `dir=$1; shift; "$@" & server=$!
while read -r order; do
	case $order in
	stop) kill -QUIT $server; wait $server;;
	start) "$@" & server=$!;;
	esac
done
kill -INT $server; wait $server; rm -rf "$dir"`

func serve(binary, data, dir string, owner *syscall.Credential, options []string) (*server, error) {
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close() // the process has its own descriptor
	args := []string{
		"-c", supervise, "sh", dir, binary, "-D", data, "-k", dir, "-h", "", "-F",
		"-c", "full_page_writes=off", "-c", "max_connections=300",
	}
	cmd := exec.Command("sh", append(args, options...)...)
	cmd.Stdout, cmd.Stderr = log, log
	as(cmd, owner, "/") // not in dir: it is removed at the end
	// Ctrl-C is for the tests: it must not stop sh before it has cleaned up.
	cmd.SysProcAttr.Setpgid = true
	orders, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return &server{dir, cmd, orders}, nil
}

func (s *server) stop() error {
	kill := time.AfterFunc(stopTimeout, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	return errors.Join(s.orders.Close(), s.cmd.Wait(), os.RemoveAll(s.dir))
}

// answers waits until the server accepts connections.
func answers(ctx context.Context, address string) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-ctx.Done():
			return err
		case <-tick.C:
		}
	}
}

// as makes a command run as another user, in a directory that user may enter.
func as(cmd *exec.Cmd, owner *syscall.Credential, dir string) {
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: owner}
}

// binaries finds the newest version that Debian's packages installed.
func binaries() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	newest, found := -1, ""
	for _, dir := range dirs {
		version, err := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
		if err == nil && version > newest {
			newest, found = version, dir
		}
	}
	if found == "" {
		return "", errNoServer
	}
	return found, nil
}

// unprivileged is the user the server runs as when the tests run as root, which
// PostgreSQL refuses; nil otherwise.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("%w (as root the server needs a user named postgres)", errNoServer)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}
