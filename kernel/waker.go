//go:build tamago

package main

import "github.com/ringo-vmm/ringo/kernel/thread"

// waker lets an interrupt handler wake a goroutine.
type waker struct {
	event *thread.Event
	id    thread.EventID
}

func (w *waker) init(name string) (err error) {
	if w.event, err = thread.NewEvent(name); err == nil {
		w.id = w.event.ID()
	}
	return err
}

// wake is for interrupt handlers.
func (w *waker) wake() { thread.Signal(w.id) }

// wait parks the goroutine until wake is called, or was since the last wait.
func (w *waker) wait() error {
	_, err := w.event.Wait()
	return err
}
