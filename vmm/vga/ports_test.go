package vga

import "testing"

func TestRegistersKeepTheBitsTheyHave(t *testing.T) {
	r := newRig(t)
	r.out(portMisc, 1)
	for _, tt := range []struct {
		port uint16
		i    uint8
		want uint8
	}{
		{portSeq, 0, 3}, {portSeq, 1, 0x3d}, {portSeq, 4, 0x0e}, {portSeq, 5, 0}, {portSeq, 0xff, 0},
		{portGC, 0, 0x0f}, {portGC, 5, 0x7b}, {portGC, 8, 0xff}, {portGC, 9, 0},
		{portCRTC, 0x10, 0xff}, {portCRTC, 0x18, 0xff}, {portCRTC, 0x19, 0}, {portCRTC, 0xff, 0},
	} {
		r.set(tt.port, tt.i, 0xff)
		if got := r.get(tt.port, tt.i); got != tt.want {
			t.Errorf("port %#x, register %#x is %#x, want %#x", tt.port, tt.i, got, tt.want)
		}
		if got := r.in(tt.port); got != tt.i {
			t.Errorf("index of port %#x is %#x", tt.port, got)
		}
	}
	r.out(portStatus1, 0xa5)
	if r.in(portFeatureRead) != 0xa5 || r.in(portMiscRead) != 1 || r.in(portMisc) != 0x10 {
		t.Errorf("feature %#x, misc %#x, status 0 %#x", r.in(portFeatureRead), r.in(portMiscRead), r.in(portMisc))
	}
}

func TestTheCRTCProtectsItsTiming(t *testing.T) {
	r := newRig(t)
	r.out(portMisc, 1)
	r.set(portCRTC, crtcHTotal, 0x55)
	r.set(portCRTC, crtcVSyncEnd, 0x80)
	r.set(portCRTC, crtcHTotal, 0xaa)
	r.set(portCRTC, crtcOverflow, 0xff)
	r.set(portCRTC, 8, 0x33)
	if a, b, c := r.get(portCRTC, 0), r.get(portCRTC, 7), r.get(portCRTC, 8); a != 0x55 || b != 0x10 || c != 0x33 {
		t.Errorf("registers 0, 7, 8 are %#x, %#x, %#x", a, b, c)
	}
}

func TestMonochromeAdaptersHaveOtherPorts(t *testing.T) {
	r := newRig(t)
	r.out(portMisc, 0)
	r.set(0x3b4, 0x0e, 0x12)
	if r.get(0x3b4, 0x0e) != 0x12 || r.in(portCRTC) != 0xff {
		t.Error("the CRTC is not at 0x3b4 alone")
	}
	r.out(portMisc, 1)
	if r.get(portCRTC, 0x0e) != 0x12 || r.in(0x3b4) != 0xff {
		t.Error("the CRTC is not at 0x3d4 alone")
	}
}

func TestAttributesAreWrittenInTurn(t *testing.T) {
	r := newRig(t)
	r.out(portMisc, 1)
	r.attribute(3, 0xff)
	r.attribute(0x10, 0xff)
	r.attribute(0x1f, 0xff) // there is none
	r.in(portStatus1)
	r.out(portAttr, 3|attrVideo)
	if r.in(portAttrRead) != 0x3f || r.in(portAttr) != 0x23 {
		t.Errorf("index %#x, data %#x", r.in(portAttr), r.in(portAttrRead))
	}
	r.out(portAttr, 0x15) // data
	r.out(portAttr, 0x10) // index again
	if r.in(portAttrRead) != 0xef {
		t.Errorf("mode is %#x", r.in(portAttrRead))
	}
	r.out(portAttr, 0)
	r.out(portAttr, 3)
	if r.in(portAttrRead) != 0x15 {
		t.Errorf("entry 3 is %#x", r.in(portAttrRead))
	}
}

func TestTheDACCountsOn(t *testing.T) {
	r := newRig(t)
	r.out(portDACWrite, 0xff)
	for _, v := range []uint8{0xc1, 2, 3, 4, 5, 6, 7} {
		r.out(portDACData, v)
	}
	if r.in(portDACRead) != 0 || r.in(portDACWrite) != 1 {
		t.Errorf("state %d, address %#x after writing", r.in(portDACRead), r.in(portDACWrite))
	}
	r.out(portDACRead, 0xff)
	for i, want := range []uint8{1, 2, 3, 4, 5, 6, 0} {
		if got := r.in(portDACData); got != want {
			t.Errorf("component %d is %d, want %d", i, got, want)
		}
	}
	r.out(portDACMask, 0x0f)
	if r.in(portDACRead) != 3 || r.in(portDACMask) != 0x0f {
		t.Errorf("state %d, mask %#x", r.in(portDACRead), r.in(portDACMask))
	}
}

// TestTheBeamComesAround looks at input status 1 for one frame of mode 3: 449
// lines of 31.78 µs, of which 400 show, and two of retrace from line 412 on.
func TestTheBeamComesAround(t *testing.T) {
	for name, prepare := range map[string]func(r *rig){
		"mode 3":  func(r *rig) { r.TextMode() },
		"no mode": func(r *rig) { r.out(portMisc, 1) },
	} {
		r := newRig(t)
		prepare(r)
		const step = 1000
		var dark, retrace, starts int
		before := true
		for range 14_268_000 / step {
			s := r.in(portStatus1)
			if s&statusNotDisplaying != 0 {
				dark++
			}
			now := s&statusRetrace != 0
			if now {
				retrace++
				if s&statusNotDisplaying == 0 {
					t.Fatalf("%s: it displays during retrace", name)
				}
			}
			if now && !before {
				starts++
			}
			before = now
			r.clock.Advance(step)
		}
		if starts != 1 || retrace < 62 || retrace > 65 {
			t.Errorf("%s: %d retraces, of %d µs", name, starts, retrace)
		}
		// 49 lines of 449, and a fifth of the others.
		if dark < 3900 || dark > 4200 {
			t.Errorf("%s: dark for %d µs of a frame", name, dark)
		}
	}
}
