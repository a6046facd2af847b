package wavdev

import "errors"

// ReadStereo reads a whole file as 48 kHz samples, left and right. A file of one channel, or more than two, gives the same for both.
func ReadStereo(path string) (left, right []float32, err error) {
	left, right, err = readFile(path, true)
	for i, mid := range left {
		left[i], right[i] = mid+right[i], mid-right[i]
	}
	return left, right, err
}

// WriteStereo writes two channels of the same length as a whole file.
func WriteStereo(path string, left, right []float32) error {
	w, err := Create(path)
	if err != nil {
		return err
	}
	pairs := make([]float32, 0, 2*len(left))
	for i, l := range left {
		pairs = append(pairs, l, right[i])
	}
	return errors.Join(w.SetStereo(), w.Write(pairs), w.Close())
}
