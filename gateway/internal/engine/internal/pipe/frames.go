package pipe

import (
	"errors"
	"fmt"
	"sync"
)

// maxFrames is one second of caller audio.
const maxFrames = 50

// Errors of Frames.Write.
var (
	// ErrDropped: the queue was full and its oldest frame is lost. The frame
	// written is in the queue.
	ErrDropped = errors.New("caller audio dropped: the engine does not keep up")
	// ErrClosed: the conversation is over.
	ErrClosed = errors.New("the conversation is closed")
)

// Frames is a queue of caller audio that never blocks its writer: a full one
// drops its oldest frame. It does not allocate. One goroutine writes, one
// reads; mu guards the rest.
type Frames struct {
	size  int // bytes of a frame
	ready chan struct{}

	mu      sync.Mutex
	ring    []byte
	first   int // index of the oldest frame
	count   int
	dropped int64
	closed  bool
}

// NewFrames makes a queue for frames of size bytes.
func NewFrames(size int) *Frames {
	return &Frames{size: size, ready: make(chan struct{}, 1), ring: make([]byte, maxFrames*size)}
}

// Write copies one frame into the queue. It fails with ErrDropped, ErrClosed
// or, for a frame of another size, without effect.
func (f *Frames) Write(frame []byte) error {
	if len(frame) != f.size {
		return fmt.Errorf("caller audio of %d bytes, a frame has %d", len(frame), f.size)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	var err error
	if f.count == maxFrames {
		f.first = (f.first + 1) % maxFrames
		f.count--
		f.dropped++
		err = ErrDropped
	}
	copy(f.ring[(f.first+f.count)%maxFrames*f.size:], frame)
	f.count++
	select {
	case f.ready <- struct{}{}:
	default:
	}
	return err
}

// Ready delivers when there may be something to read.
func (f *Frames) Ready() <-chan struct{} { return f.ready }

// Read copies the oldest frame into dst, which has a frame's size, and takes
// it off the queue; false means there is none.
func (f *Frames) Read(dst []byte) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		return false
	}
	copy(dst, f.ring[f.first*f.size:][:f.size])
	f.first = (f.first + 1) % maxFrames
	f.count--
	return true
}

// Dropped counts the frames lost.
func (f *Frames) Dropped() int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}

// Close makes Write fail. What is in the queue can still be read.
func (f *Frames) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}
