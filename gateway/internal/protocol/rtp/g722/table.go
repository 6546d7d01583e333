package g722

// qmf are the coefficients of one half of the quadrature mirror filter, table
// 11/G.722; the other half is the same backwards.
var qmf = [12]int{3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11}

// inverse is the inverse logarithm ILB, table 13/G.722.
var inverse = [32]int{
	2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
	2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
}

// The lower band has 60 levels of 6 bits, tables 14 to 18/G.722.
var (
	// decide6 are the decision levels of the magnitude.
	decide6 = [31]int{
		0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650, 714, 786, 858, 940, 1023,
		1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
	}
	// output6 are the levels of the 6-bit code, which only the output uses.
	output6 = [64]int{
		-136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576,
		-7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040,
		-728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
		4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
	}
	// output4 are the levels of the 4-bit core, which adapts both sides alike.
	output4 = [16]int{
		0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0,
	}
	// scale4 are the multipliers WL of the scale factor, by RL4.
	scale4 = [16]int{
		-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60,
	}
)

// The higher band has 4 levels of 2 bits, tables 19 to 21/G.722.
var (
	output2 = [4]int{-7408, -1616, 7408, 1616}
	scale2  = [4]int{798, -214, 798, -214}
)

// decide2 is the one decision level of the higher band.
const decide2 = 564
