package host

import (
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/stack"

	"github.com/ringo-vmm/ringo/vmm/ether"
)

// link is an adapter as gVisor sees it: a stack.LinkEndpoint and a
// stack.GSOEndpoint.
type link struct {
	nic        *NIC
	dispatcher atomic.Pointer[stack.NetworkDispatcher]
}

// maxGSO is the most that gVisor may leave to be segmented, in bytes.
const maxGSO = 1<<16 - 1 - 256

func (l *link) MTU() uint32                             { return ether.MTU }
func (l *link) SetMTU(uint32)                           {}
func (l *link) MaxHeaderLength() uint16                 { return ether.HeaderSize }
func (l *link) SetLinkAddress(tcpip.LinkAddress)        {}
func (l *link) IsAttached() bool                        { return l.dispatcher.Load() != nil }
func (l *link) Wait()                                   {}
func (l *link) Close()                                  {}
func (l *link) SetOnCloseAction(func())                 {}
func (l *link) ARPHardwareType() header.ARPHardwareType { return header.ARPHardwareEther }
func (l *link) GSOMaxSize() uint32                      { return maxGSO }
func (l *link) SupportedGSO() stack.SupportedGSO        { return stack.HostGSOSupported }

func (l *link) LinkAddress() tcpip.LinkAddress { return tcpip.LinkAddress(l.nic.config.MAC[:]) }

func (l *link) Capabilities() stack.LinkEndpointCapabilities {
	c := stack.LinkEndpointCapabilities(stack.CapabilityResolutionRequired)
	if l.nic.config.Trusted {
		c |= stack.CapabilityRXChecksumOffload
	}
	return c
}

func (l *link) Attach(d stack.NetworkDispatcher) {
	if d == nil {
		l.dispatcher.Store(nil)
		return
	}
	l.dispatcher.Store(&d)
}

func (l *link) AddHeader(pkt *stack.PacketBuffer) {
	header.Ethernet(pkt.LinkHeader().Push(ether.HeaderSize)).Encode(&header.EthernetFields{
		SrcAddr: pkt.EgressRoute.LocalLinkAddress,
		DstAddr: pkt.EgressRoute.RemoteLinkAddress,
		Type:    pkt.NetworkProtocolNumber,
	})
}

func (l *link) ParseHeader(pkt *stack.PacketBuffer) bool {
	_, ok := pkt.LinkHeader().Consume(ether.HeaderSize)
	return ok
}

func (l *link) WritePackets(list stack.PacketBufferList) (int, tcpip.Error) {
	for _, pkt := range list.AsSlice() {
		v := pkt.ToView()
		f := ether.Frame{Data: v.AsSlice()}
		if o := pkt.GSOOptions; o.Type == stack.GSOTCPv4 && o.NeedsCsum {
			f.Offload = ether.Offload{Checksum: true, Start: ether.HeaderSize + o.L3HdrLen, Offset: o.CsumOffset}
			if len(f.Data) > ether.HeaderSize+ether.MTU {
				f.Segment, f.Size = ether.SegmentTCP4, o.MSS
			}
		}
		l.nic.Send(f)
		v.Release()
	}
	return list.Len(), nil
}
