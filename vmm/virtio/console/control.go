package console

import "encoding/binary"

// Control messages: port, event, value, and what belongs to the event. VIRTIO
// 1.2 §5.3.6.2.
const (
	eventDeviceReady = 0
	eventAdd         = 1
	eventPortReady   = 3
	eventConsole     = 4
	eventResize      = 5
	eventOpen        = 6
	eventName        = 7

	messageSize = 8 // bytes, of its head
	maxName     = 64
	rounds      = queueSize
)

// What a port has to tell the guest, in the order in which it does.
const (
	newsAdd = 1 << iota
	newsConsole
	newsResize
	newsName
	newsOpen
	newsAll = newsOpen<<1 - 1
)

// events are what news is told by.
var events = [...]uint16{eventAdd, eventConsole, eventResize, eventName, eventOpen}

// control takes the guest's messages.
func (d *Device) control() {
	q := d.core.Queue(controlOut)
	for n := 0; ; n++ {
		if n == rounds {
			d.core.Again(controlOut)
			break
		}
		if !q.Next(&d.chain) {
			if !q.Notify(true) {
				break
			}
			continue
		}
		var b [messageSize]byte
		if d.chain.Read(b[:]) == len(b) {
			d.message(binary.LittleEndian.Uint32(b[:]), binary.LittleEndian.Uint16(b[4:]), binary.LittleEndian.Uint16(b[6:]) != 0)
		}
		q.Use(d.chain.Token(), 0)
	}
	d.core.Flush(controlOut)
	d.tell()
}

// message is one of the guest's. Those that make no sense are left out.
func (d *Device) message(id uint32, event uint16, on bool) {
	if event == eventDeviceReady {
		for _, p := range d.ports {
			if on {
				p.news |= newsAdd
			}
		}
		return
	}
	if id >= uint32(len(d.ports)) {
		return
	}
	p := d.ports[id]
	switch event {
	case eventPortReady:
		if on {
			p.ready()
		}
	case eventOpen:
		p.guestOpen = on
		p.notify(false)
	}
}

// ready is called when the guest has made the port.
func (p *Port) ready() {
	p.news |= newsOpen
	if p.Name != "" {
		p.news |= newsName
	}
	if p.Console {
		p.news |= newsConsole
		if binary.LittleEndian.Uint32(p.d.config[configColumns:]) != 0 {
			p.news |= newsResize
		}
	}
}

// tell sends the guest what there is to tell, as far as it has room.
func (d *Device) tell() {
	q := d.core.Queue(controlIn)
	for _, p := range d.ports {
		for i, event := range events {
			bit := uint8(1) << i
			if p.news&bit == 0 {
				continue
			}
			if !q.Next(&d.chain) && (!q.Notify(true) || !q.Next(&d.chain)) {
				d.core.Flush(controlIn)
				return
			}
			p.news &^= bit
			q.Use(d.chain.Token(), uint32(d.chain.Write(p.message(event))))
		}
	}
	d.core.Flush(controlIn)
}

// message is a message to the guest about the port.
func (p *Port) message(event uint16) []byte {
	b := make([]byte, messageSize, messageSize+maxName)
	binary.LittleEndian.PutUint32(b, p.id)
	binary.LittleEndian.PutUint16(b[4:], event)
	binary.LittleEndian.PutUint16(b[6:], 1)
	switch event {
	case eventName:
		b = append(b, p.Name...)
	case eventResize:
		b = append(b, p.d.config[configColumns:configPorts]...)
	}
	return b
}
