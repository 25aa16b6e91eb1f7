package edgelimits

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

const (
	// discardSilence is how long the rest of a body that nobody wants may take.
	discardSilence = 10 * time.Second
	// spareRefusals is how many requests above a limit are answered at once, and refusalTimeout how long each answer may take. The others
	// are broken off, or over HTTP/2 answered with a bare 503.
	spareRefusals  = 32
	refusalTimeout = 10 * time.Second
)

func init() {
	caddy.RegisterModule(Requests{})
	httpcaddyfile.RegisterHandlerDirective("request_limits", func(h httpcaddyfile.Helper) (caddyhttp.MiddlewareHandler, error) {
		requests := new(Requests)
		return requests, requests.UnmarshalCaddyfile(h.Dispenser)
	})
}

// requests are those under way at all sites.
var requests counter

// Requests refuses requests above its limits, of an address with 429 and of all with 503, and ends a body that falls silent with 408 and
// one that is malformed with 400. A connection on which a request was refused ends. How long a body takes in all is not limited.
type Requests struct {
	Limits
}

// CaddyModule returns the Caddy module information.
func (Requests) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.handlers.request_limits",
		New: func() caddy.Module { return new(Requests) },
	}
}

// ServeHTTP implements caddyhttp.MiddlewareHandler.
func (l *Requests) ServeHTTP(w http.ResponseWriter, r *http.Request, next caddyhttp.Handler) error {
	give, refused := requests.take(&l.Limits, r.RemoteAddr, spareRefusals)
	if refused != none {
		// Over HTTP/2 too: what else was asked on this connection would cost as much again, a hundred times over.
		w.Header().Set("Connection", "close")
	}
	if give == nil {
		if r.ProtoMajor == 1 {
			panic(http.ErrAbortHandler)
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	// Not when this handler is done: what answers an error comes after it.
	context.AfterFunc(r.Context(), give)
	if refused != none {
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(refusalTimeout))
		w.Header().Set("Retry-After", "5")
		if refused == ofAddress {
			return caddyhttp.Error(http.StatusTooManyRequests, errors.New("Too many requests of this address are under way."))
		}
		return caddyhttp.Error(http.StatusServiceUnavailable, errors.New("Too many requests are under way."))
	}
	if r.Body == nil || r.Body == http.NoBody {
		return next.ServeHTTP(w, r)
	}
	watched := &body{ReadCloser: r.Body, control: http.NewResponseController(w), silence: time.Duration(l.Silence)}
	r.Body = watched
	answer := &answer{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}}
	err := next.ServeHTTP(answer, r)
	watched.leave(r.ProtoMajor == 1)
	// A body that breaks off can end the request's context, which the proxy takes for a client that went away: no error, and no answer.
	if answer.hasBegun {
		return err
	}
	switch watched.fault() {
	case silent:
		return caddyhttp.Error(http.StatusRequestTimeout, errors.New("The body of the request stopped arriving."))
	case malformed:
		return caddyhttp.Error(http.StatusBadRequest, errors.New("The body of the request is malformed."))
	}
	return err
}

// answer knows whether it has begun.
type answer struct {
	*caddyhttp.ResponseWriterWrapper
	hasBegun bool
}

func (a *answer) WriteHeader(status int) {
	a.hasBegun = true
	a.ResponseWriterWrapper.WriteHeader(status)
}

func (a *answer) Write(data []byte) (int, error) {
	a.hasBegun = true
	return a.ResponseWriterWrapper.Write(data)
}

type fault int

const (
	noFault fault = iota
	silent
	malformed
)

// body is read by the goroutine that sends it on, which may outlive the handler.
type body struct {
	io.ReadCloser
	control *http.ResponseController
	silence time.Duration

	mu     sync.Mutex
	isOver bool
	err    error
}

func (b *body) Read(data []byte) (int, error) {
	b.limit(time.Now().Add(b.silence))
	read, err := b.ReadCloser.Read(data)
	if err == nil || err == io.EOF {
		// The connection is watched for its end from here on, and that has no limit.
		b.limit(time.Time{})
	}
	if err != nil {
		b.mu.Lock()
		b.err = err
		b.mu.Unlock()
	}
	return read, err
}

func (b *body) limit(deadline time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.isOver {
		_ = b.control.SetReadDeadline(deadline)
	}
}

// leave is called when the handler is done: what is left of the body is discarded by the server, over HTTP/1.1 from the connection.
func (b *body) leave(isDiscarded bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.isOver = true
	if isDiscarded && b.err == nil {
		_ = b.control.SetReadDeadline(time.Now().Add(discardSilence))
	}
}

func (b *body) fault() fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.err == nil, b.err == io.EOF, errors.Is(b.err, http.ErrBodyReadAfterClose):
		return noFault
	case errors.Is(b.err, os.ErrDeadlineExceeded):
		return silent
	}
	return malformed
}

var _ caddyhttp.MiddlewareHandler = (*Requests)(nil)
