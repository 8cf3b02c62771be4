#include "textflag.h"

// func adamAVX(p, m, v, g []float32, c *adamConstants)
//
// What adamGo does, each product, sum, quotient and root rounded as there.
// len(p) is a multiple of 8.
TEXT ·adamAVX(SB), NOSPLIT, $0-104
	MOVQ p_base+0(FP), DI
	MOVQ p_len+8(FP), CX
	MOVQ m_base+24(FP), R8
	MOVQ v_base+48(FP), R9
	MOVQ g_base+72(FP), R10
	MOVQ c+96(FP), BX
	VBROADCASTSS 0(BX), Y8   // decay
	VBROADCASTSS 4(BX), Y9   // keep1
	VBROADCASTSS 8(BX), Y10  // mix1
	VBROADCASTSS 12(BX), Y11 // keep2
	VBROADCASTSS 16(BX), Y12 // mix2
	VBROADCASTSS 20(BX), Y13 // root
	VBROADCASTSS 24(BX), Y14 // epsilon
	VBROADCASTSS 28(BX), Y15 // rate
	VBROADCASTSS 32(BX), Y6  // least
	VBROADCASTSS 36(BX), Y7  // magnitude
	XORQ DX, DX
	JMP  check

next:
	VMOVUPS (DI)(DX*4), Y0      // p
	VMULPS  Y8, Y0, Y1
	VADDPS  (R10)(DX*4), Y1, Y1 // d
	VMULPS  (R8)(DX*4), Y9, Y2
	VMULPS  Y10, Y1, Y3
	VADDPS  Y3, Y2, Y2          // m
	VANDPS  Y7, Y2, Y5
	VCMPPS  $0x15, Y6, Y5, Y5   // not less than
	VANDPS  Y5, Y2, Y2
	VMOVUPS Y2, (R8)(DX*4)
	VMULPS  (R9)(DX*4), Y11, Y4
	VANDPS  Y7, Y1, Y3
	VBROADCASTSS 40(BX), Y5
	VCMPPS  $0x15, Y5, Y3, Y3   // not less than
	VANDPS  Y3, Y1, Y5
	VMULPS  Y12, Y5, Y3
	VMULPS  Y5, Y3, Y3
	VADDPS  Y3, Y4, Y4          // v
	VANDPS  Y7, Y4, Y5
	VBROADCASTSS 44(BX), Y3
	VCMPPS  $0x15, Y3, Y5, Y5   // not less than
	VANDPS  Y5, Y4, Y4
	VMOVUPS Y4, (R9)(DX*4)
	VSQRTPS Y4, Y4
	VDIVPS  Y13, Y4, Y4
	VADDPS  Y14, Y4, Y4
	VMULPS  Y15, Y2, Y2
	VDIVPS  Y4, Y2, Y2
	VSUBPS  Y2, Y0, Y0
	VANDPS  Y7, Y0, Y5
	VCMPPS  $0x15, Y6, Y5, Y5   // not less than
	VANDPS  Y5, Y0, Y0
	VMOVUPS Y0, (DI)(DX*4)
	ADDQ    $8, DX

check:
	CMPQ DX, CX
	JLT  next
	VZEROUPPER
	RET
