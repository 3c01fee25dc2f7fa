//go:build solution

package hypercall

func call(m memory, gpa, length uint64, print func(text []byte)) uint64 {
	if length > most {
		return Failed
	}
	text := make([]byte, length)
	if m.Read(gpa, text) != nil {
		return Failed
	}
	print(text)
	return length
}
