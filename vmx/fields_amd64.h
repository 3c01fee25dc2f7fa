// READ and WRITE move a field to and from off(DI). VMREAD and VMWRITE take the
// number of a field in a register, always AX here.
#define READ(field, off)	MOVL $field, AX; BYTE $0x0f; BYTE $0x78; BYTE $0x87; LONG $off
#define WRITE(field, off)	MOVL $field, AX; BYTE $0x0f; BYTE $0x79; BYTE $0x87; LONG $off
