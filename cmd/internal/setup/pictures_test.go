package setup

import (
	"testing"

	"parley/call"
	"parley/video"
	"parley/video/camera"
	"parley/video/videotest"
)

// What an engine is given goes together: a picture of a camera, coded and decoded, is that picture, in either codec.
func TestPictures(t *testing.T) {
	var c call.PictureConfig
	cameras := Pictures(&c, camera.Config{})
	list := c.Cameras.List()
	if last := list[len(list)-1]; !last.Test || last.ID != "pattern" || cameras.Epoch().IsZero() {
		t.Errorf("the last camera is %+v", last)
	}
	source, _, err := c.Cameras.Open("pattern:320x180@30", video.Format{})
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for _, codec := range []video.Codec{video.VP9, video.VP8} {
		f, err := source.Read()
		if err != nil {
			t.Fatal(err)
		}
		encoder, err := c.NewEncoder(call.CameraTrack, codec)
		if err != nil {
			t.Fatal(err)
		}
		coded, err := encoder.Encode(f)
		if err != nil {
			t.Fatal(err)
		}
		decoder, err := c.NewDecoder(codec, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := decoder.Decode(coded.Data)
		if err != nil {
			t.Fatal(err)
		}
		if d := videotest.PSNR(f, got); d < 25 {
			t.Errorf("%v: %.1f dB", codec, d)
		}
		for _, x := range []any{encoder, decoder} {
			x.(interface{ Close() }).Close()
		}
		f.Release()
	}
}
