#include "textflag.h"

// func addFourAVX(dst []float64, s *[8][]float64, w *[4]float64)
//
// For each i: dst[i] += (s[0][i]+s[1][i])*w[0], then s[2], s[3] and w[1], and so
// on, each product and each sum rounded as in Go. len(dst) is a multiple of 4.
TEXT ·addFourAVX(SB), NOSPLIT, $0-40
	MOVQ dst_base+0(FP), DI
	MOVQ dst_len+8(FP), CX
	MOVQ s+24(FP), SI
	MOVQ w+32(FP), DX
	VBROADCASTSD 0(DX), Y12
	VBROADCASTSD 8(DX), Y13
	VBROADCASTSD 16(DX), Y14
	VBROADCASTSD 24(DX), Y15
	MOVQ 0(SI), R8   // the slices' first words
	MOVQ 24(SI), R9
	MOVQ 48(SI), R10
	MOVQ 72(SI), R11
	MOVQ 96(SI), R12
	MOVQ 120(SI), R13
	MOVQ 144(SI), AX
	MOVQ 168(SI), BX
	XORQ DX, DX
	JMP  check

next:
	VMOVUPD (R8)(DX*8), Y1
	VMOVUPD (R10)(DX*8), Y2
	VMOVUPD (R12)(DX*8), Y3
	VMOVUPD (AX)(DX*8), Y4
	VADDPD  (R9)(DX*8), Y1, Y1
	VADDPD  (R11)(DX*8), Y2, Y2
	VADDPD  (R13)(DX*8), Y3, Y3
	VADDPD  (BX)(DX*8), Y4, Y4
	VMULPD  Y12, Y1, Y1
	VMULPD  Y13, Y2, Y2
	VMULPD  Y14, Y3, Y3
	VMULPD  Y15, Y4, Y4
	VADDPD  (DI)(DX*8), Y1, Y1
	VADDPD  Y2, Y1, Y1
	VADDPD  Y3, Y1, Y1
	VADDPD  Y4, Y1, Y1
	VMOVUPD Y1, (DI)(DX*8)
	ADDQ    $4, DX

check:
	CMPQ DX, CX
	JLT  next
	VZEROUPPER
	RET
