package aec

var (
	xDrift = 1.0
	xe     = float32(0)
	xf     = float32(0)
	xa     = float32(0)    // share of uncertainty taken off the noise
	xb     = float32(0.06) // least share
	xc     = float32(0.07) // first variance
	xd     = float32(0.999)
	xt     = float32(turns)
)
