package guests

var hostileInit = Guest{
	Name:    "hostile-init",
	Help:    "every kind of message that a local APIC can send, to itself and to all",
	Memory:  4 << 20,
	Mode:    Long,
	Code:    hostileInitCode,
	Expect:  `sending`,
	Ends:    Anyhow,
	Hostile: true,
}

// hostileInitCode sends what the ICR's bits for delivery mode, destination mode
// and shorthand can say, INIT last: SMI, start-up, those that do not exist.
// APM vol. 2 §16.5.
func hostileInitCode(p *Prog) {
	const (
		vector, picVector = 0x40, 0x20
		initMode          = 5
		level             = 1 << 14
	)
	p.LoadIDT()
	p.InitPIC(picVector, 0xffff)
	p.Handle(NMI, "nothing")
	p.Handle(picVector+7, "nothing") // there is no interrupt when the message says so
	p.Count(vector, p.apicEnd)
	p.Print("sending\n")
	p.Sti()
	for _, mode := range []uint32{0, 1, 3, 4, 6, 7, 2, initMode} {
		for _, to := range []uint32{0, 1 << 11, apicSelf, 2 << 18, 3 << 18} {
			p.WriteAPIC(apicICRHigh, 0xff000000)
			p.WriteAPIC(apicICR, level|to|mode<<8|vector)
			p.WriteAPIC(apicICRHigh, 0)
			p.WriteAPIC(apicICR, level|to|mode<<8|vector)
		}
	}
	p.Print("ok hostile-init still here\n")
	p.Done()
	p.Label("nothing")
	p.Iret()
}
