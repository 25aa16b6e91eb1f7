// Package edgelimits bounds what one client, and all of them together, can hold of the edge: connections, requests that are under way, and
// the time for which nothing moves. One IPv6 network of 64 bits counts as one client.
package edgelimits

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
)

func init() {
	caddy.RegisterModule(Connections{})
}

// Limits are what a Caddyfile says of both modules. PerAddress does not count for the addresses in Shared, behind each of which are many
// clients, and nothing counts for those in Uncounted. Silence is how long nothing may move that somebody waits for.
type Limits struct {
	PerAddress int            `json:"per_address,omitempty"`
	Total      int            `json:"total,omitempty"`
	Shared     []string       `json:"shared,omitempty"`
	Uncounted  []string       `json:"uncounted,omitempty"`
	Silence    caddy.Duration `json:"silence,omitempty"`
}

// UnmarshalCaddyfile reads a block of these names.
func (l *Limits) UnmarshalCaddyfile(d *caddyfile.Dispenser) error {
	for d.Next() {
		for d.NextBlock(0) {
			name := d.Val()
			switch name {
			case "per_address", "total":
				if !d.NextArg() {
					return d.ArgErr()
				}
				number, err := strconv.Atoi(d.Val())
				if err != nil || number < 1 {
					return d.Errf("%s: %q is not a positive number", name, d.Val())
				}
				if name == "total" {
					l.Total = number
				} else {
					l.PerAddress = number
				}
			case "silence":
				if !d.NextArg() {
					return d.ArgErr()
				}
				silence, err := caddy.ParseDuration(d.Val())
				if err != nil {
					return d.Errf("%s: %v", name, err)
				}
				l.Silence = caddy.Duration(silence)
			case "shared", "uncounted":
				for _, address := range d.RemainingArgs() {
					if _, err := netip.ParseAddr(address); err != nil {
						return d.Errf("%s: %v", name, err)
					}
					if name == "shared" {
						l.Shared = append(l.Shared, address)
					} else {
						l.Uncounted = append(l.Uncounted, address)
					}
				}
			default:
				return d.Errf("unknown name %q", name)
			}
		}
	}
	return nil
}

// counter counts what is held, by client. Any number of goroutines may use it.
type counter struct {
	mu  sync.Mutex
	all int
	by  map[netip.Addr]int
}

// refusal is why no more may be held.
type refusal int

const (
	none refusal = iota
	ofAddress
	ofAll
)

// take counts one more; give takes it back. As many as `spare` are counted above the limits, for answers that say so; give is nil for the
// rest.
func (c *counter) take(limits *Limits, address string, spare int) (give func(), refused refusal) {
	client := clientOf(address)
	if contains(limits.Uncounted, client) {
		return func() {}, none
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	over := c.all - limits.Total
	if over >= 0 {
		refused = ofAll
	} else if over = c.by[client] - limits.PerAddress; over >= 0 && !contains(limits.Shared, client) {
		refused = ofAddress
	}
	if refused != none && over >= spare {
		return nil, refused
	}
	if c.by == nil {
		c.by = map[netip.Addr]int{}
	}
	c.all++
	c.by[client]++
	var once sync.Once
	return func() { once.Do(func() { c.give(client) }) }, refused
}

func (c *counter) give(client netip.Addr) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all--
	if c.by[client]--; c.by[client] == 0 {
		delete(c.by, client)
	}
}

// clientOf says who an address with a port counts as.
func clientOf(address string) netip.Addr {
	from, err := netip.ParseAddrPort(address)
	if err != nil {
		return netip.Addr{}
	}
	client := from.Addr().Unmap().WithZone("")
	if client.Is6() {
		return netip.PrefixFrom(client, 64).Masked().Addr()
	}
	return client
}

func contains(addresses []string, client netip.Addr) bool {
	for _, address := range addresses {
		if address == client.String() {
			return true
		}
	}
	return false
}

// connections are those of all listeners.
var connections counter

// Connections refuses connections above its limits, before anything is read from them, and ends those that take nothing of what is written.
type Connections struct {
	Limits
}

// CaddyModule returns the Caddy module information.
func (Connections) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "caddy.listeners.connection_limits",
		New: func() caddy.Module { return new(Connections) },
	}
}

// WrapListener implements caddy.ListenerWrapper.
func (l *Connections) WrapListener(inner net.Listener) net.Listener {
	return &listener{inner, &l.Limits}
}

type listener struct {
	net.Listener
	limits *Limits
}

func (l *listener) Accept() (net.Conn, error) {
	for {
		inner, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		give, refused := connections.take(l.limits, inner.RemoteAddr().String(), 0)
		if refused == none {
			return &connection{Conn: inner, give: give, silence: time.Duration(l.limits.Silence)}, nil
		}
		// A reset leaves nothing behind, whoever it was.
		if tcp, ok := inner.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		_ = inner.Close()
	}
}

type connection struct {
	net.Conn
	give        func()
	silence     time.Duration
	hasDeadline atomic.Bool
}

func (c *connection) Write(data []byte) (int, error) {
	if !c.hasDeadline.Load() {
		_ = c.Conn.SetWriteDeadline(time.Now().Add(c.silence))
	}
	return c.Conn.Write(data)
}

func (c *connection) SetDeadline(deadline time.Time) error {
	c.hasDeadline.Store(!deadline.IsZero())
	return c.Conn.SetDeadline(deadline)
}

func (c *connection) SetWriteDeadline(deadline time.Time) error {
	c.hasDeadline.Store(!deadline.IsZero())
	return c.Conn.SetWriteDeadline(deadline)
}

func (c *connection) Close() error {
	c.give()
	return c.Conn.Close()
}

var (
	_ caddy.ListenerWrapper = (*Connections)(nil)
	_ caddyfile.Unmarshaler = (*Connections)(nil)
)
