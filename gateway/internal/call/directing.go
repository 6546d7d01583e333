package call

// Directing is an engine that decides alone when the caller interrupts it, and
// says so with EventClear: neither speech nor a key silences it. What it was
// built for works that way, and hears the caller itself.
type Directing interface {
	Engine
	// Directs has no other purpose than to tell such an engine.
	Directs()
}
