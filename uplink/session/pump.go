package session

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"signet/certs"
	"signet/uplink/spool"
)

// pump moves records through one connection. All of it belongs to one goroutine.
type pump struct {
	*link
	choose  *chooser
	window  flights
	writing *flight   // the record that is being written; records go one at a time, so that an alarm never waits behind many
	busy    bool      // something is being written: writing, something outgoing, or the status
	began   time.Time // of the waiting for the next receipt
	forgot  bool      // the cloud wants a claimed record first
}

func newPump(l *link) *pump { return &pump{link: l} }

var (
	errNoPuback  = errors.New("the cloud does not acknowledge")
	errNoReceipt = errors.New("the cloud sends no receipts")
	errRenewed   = errors.New("the camera has another certificate now")
)

// run pumps until the connection is lost, the camera's certificate is renewed or ctx ends, and returns why.
func (p *pump) run(ctx context.Context, renewed <-chan struct{}) error {
	s := p.s
	s.first.scan(ctx, s.cfg.Spool)
	s.recents.note(time.Now(), s.cfg.Spool.Last())
	p.choose = newChooser(s, time.Now())
	s.forget()
	defer p.drain()
	if err := p.publish(chStatus, 1, true, []byte(online)); err != nil {
		return err
	}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		pause, err := p.step(ctx, time.Now())
		if err != nil {
			return err
		}
		timer.Reset(pause)
		up := s.up
		if p.busy {
			up = nil
		}
		select {
		case <-ctx.Done():
			p.settle()
			return ctx.Err()
		case <-renewed:
			p.settle()
			return p.ended(errRenewed)
		case err := <-p.lost:
			return p.ended(err)
		case <-p.guard.written:
			p.wrote(time.Now())
		case b := <-s.down.queues[chReceipts]:
			if p.receipt(b, time.Now()); p.forgot {
				err = p.ended(errForgotten)
			}
		case o := <-up:
			err = p.publish(o.channel, o.qos, false, o.payload)
		case <-s.cfg.Spool.Ready():
			s.recents.note(time.Now(), s.cfg.Spool.Last())
		case <-timer.C:
		}
		if err != nil {
			return err
		}
		s.count(func(st *Stats) { st.InFlight = len(p.window) })
	}
}

// drain takes in the receipts that came before the end.
func (p *pump) drain() {
	for {
		select {
		case b := <-p.s.down.queues[chReceipts]:
			p.receipt(b, time.Now())
		default:
			return
		}
	}
}

// step sends the record that is to be sent now, if any, and says when to come back.
func (p *pump) step(ctx context.Context, now time.Time) (pause time.Duration, err error) {
	const idle = time.Hour
	if p.busy {
		return idle, nil
	}
	if len(p.window) > 0 && now.Sub(p.began) > p.patience() {
		return 0, p.ended(errNoReceipt) // another connection may reach a healthier part of the cloud
	}
	for f := p.window.due(); f != nil && !f.due.After(now); f = p.window.due() {
		if !acked(f.tok) {
			// TCP has it, so sending it again would only add to what the broker does not keep up with.
			if f.waits++; f.waits > 6 {
				return 0, p.ended(errNoPuback)
			}
			f.due = now.Add(f.after)
			continue
		}
		sent, err := p.send(f)
		if sent || err != nil {
			return idle, err
		}
	}
	soon, noted := p.window.untilNoted(now, p.s.noted())
	if noted { // what follows may go, once it is known where that begins
		p.s.first.scan(ctx, p.s.cfg.Spool)
		p.choose.more()
	}
	for {
		pos, backlog, ok, later := p.choose.next(now, p.window)
		if !ok {
			pause = idle
			if f := p.window.due(); f != nil {
				pause = min(pause, f.due.Sub(now))
			}
			if later > 0 {
				pause = min(pause, later)
			}
			if soon > 0 {
				pause = min(pause, soon)
			}
			return pause, nil
		}
		f := &flight{pos: pos, backlog: backlog}
		sent, err := p.send(f)
		if sent || err != nil {
			return idle, err
		}
	}
}

// patience is how long the cloud may send no receipt at all.
func (p *pump) patience() time.Duration {
	if p.window.wait() {
		return 12 * 30 * p.s.cfg.Receipt // a claim that another owner may still object to waits for a day
	}
	return 30 * p.s.cfg.Receipt
}

// send publishes a record that is in the spool. When it is no longer there, sent is false and it leaves the window.
func (p *pump) send(f *flight) (sent bool, err error) {
	e, err := p.s.cfg.Spool.Read(f.pos)
	if errors.Is(err, spool.ErrClosed) {
		return false, err
	}
	if err != nil {
		// Dropped or damaged meanwhile: the spool has made a gap of it.
		p.window.remove(f.pos)
		return false, nil
	}
	msg, err := certs.JoinMessage(e.Record, e.Media)
	if err != nil {
		p.window.remove(f.pos)
		p.setAside(f.pos, "not sent: "+err.Error())
		return false, nil
	}
	tok := p.client.Publish(p.s.topic(chRecords), 1, false, msg)
	if acked(tok) && tok.Error() != nil {
		return false, p.ended(tok.Error())
	}
	if f.tries == 0 && p.window.wait() {
		p.began = time.Now()
	}
	if f.tries == 0 {
		p.window = append(p.window, f)
		f.kind = kindOf(e.Record)
		p.s.first.saw(f.pos, f.kind.Epoch)
	}
	f.tok, f.due, f.waits = tok, time.Time{}, 0
	f.tries++
	p.writing, p.busy = f, true
	p.s.count(func(st *Stats) {
		st.Sent++
		if f.tries > 1 {
			st.Sent--
			st.Resent++
		}
	})
	return true, nil
}

// publish sends what is not a record.
func (p *pump) publish(channel string, qos byte, retained bool, b []byte) error {
	tok := p.client.Publish(p.s.topic(channel), qos, retained, b)
	if acked(tok) && tok.Error() != nil {
		return p.ended(tok.Error())
	}
	p.busy = true
	return nil
}

// wrote takes in that the kernel has what was being written.
func (p *pump) wrote(now time.Time) {
	p.busy = false
	f := p.writing
	if f == nil {
		return
	}
	p.writing = nil
	if f.first.IsZero() {
		f.first = now
	}
	f.after = p.s.pace.after(f.tries)
	f.after += rand.N(f.after/8 + 1)
	f.due = now.Add(f.after)
}

// settle lets what is being written be finished before the farewell.
func (p *pump) settle() {
	if !p.busy {
		return
	}
	timer := time.NewTimer(farewell)
	defer timer.Stop()
	select {
	case <-p.guard.written:
	case <-p.lost:
	case <-timer.C:
	}
}

// setAside takes a record out of the way that cannot or must not be sent.
func (p *pump) setAside(pos spool.Position, reason string) {
	s := p.s
	if err := s.cfg.Spool.Refuse(pos, reason); err != nil {
		s.cfg.Log.Error("uplink: refused record could not be set aside", "record", pos, "reason", reason, "err", err)
	} else {
		s.cfg.Log.Warn("uplink: record refused, set aside", "record", pos, "reason", reason)
	}
	s.count(func(st *Stats) { st.Refused++ })
	if s.cfg.OnRefused != nil {
		s.cfg.OnRefused(pos, reason)
	}
}
