package call

// fifo is a growing ring. It allocates only while it grows, so that a call in
// steady state does not.
type fifo[T any] struct {
	buf     []T
	head, n int
}

func (f *fifo[T]) push(v T) {
	if f.n == len(f.buf) {
		grown := make([]T, max(8, 2*len(f.buf)))
		for i := range f.n {
			grown[i] = *f.at(i)
		}
		f.buf, f.head = grown, 0
	}
	f.buf[(f.head+f.n)%len(f.buf)] = v
	f.n++
}

// pop takes the oldest element; the fifo must not be empty.
func (f *fifo[T]) pop() T {
	var zero T
	v := f.buf[f.head]
	f.buf[f.head] = zero
	f.head = (f.head + 1) % len(f.buf)
	f.n--
	return v
}

// at gives the element i places behind the oldest.
func (f *fifo[T]) at(i int) *T { return &f.buf[(f.head+i)%len(f.buf)] }

// last gives the newest element, nil if there is none.
func (f *fifo[T]) last() *T {
	if f.n == 0 {
		return nil
	}
	return f.at(f.n - 1)
}

func (f *fifo[T]) reset() {
	f.head, f.n = 0, 0
	if len(f.buf) > keepElements {
		f.buf = nil
	}
	clear(f.buf)
}

// A ring that is larger than this when it is emptied gives its memory back:
// one long utterance must not cost memory for the rest of the call.
const (
	keepElements = 1 << 10
	keepBytes    = 256 << 10
)

// byteRing is the same for bytes, copied in bulk.
type byteRing struct {
	buf     []byte
	head, n int
}

func (r *byteRing) write(p []byte) {
	if len(p) == 0 {
		return
	}
	if r.n+len(p) > len(r.buf) {
		grown := make([]byte, max(8<<10, 2*len(r.buf), r.n+len(p)))
		n := r.n
		r.read(grown[:n])
		r.buf, r.head, r.n = grown, 0, n
	}
	tail := (r.head + r.n) % len(r.buf)
	k := copy(r.buf[tail:], p)
	copy(r.buf, p[k:])
	r.n += len(p)
}

// read takes len(dst) bytes, which must be there.
func (r *byteRing) read(dst []byte) {
	if len(dst) == 0 {
		return
	}
	k := copy(dst, r.buf[r.head:])
	copy(dst[k:], r.buf)
	r.head = (r.head + len(dst)) % len(r.buf)
	r.n -= len(dst)
	if r.n == 0 {
		r.reset()
	}
}

func (r *byteRing) reset() {
	r.head, r.n = 0, 0
	if len(r.buf) > keepBytes {
		r.buf = nil
	}
}
