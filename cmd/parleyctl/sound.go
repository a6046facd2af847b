package main

import (
	"errors"
	"time"

	"parley/audio"
	"parley/audio/wavdev"
	"parley/call"
	"parley/cmd/internal/setup"
	"parley/video/videotest"
)

// noDevice as --mic or --speaker means that none is opened.
const noDevice = "none"

// sound puts together what the flags ask for: real devices, files in their place, or nothing. The returned function closes
// all of it, after the engine.
func (o *visitOptions) sound(home *setup.Home) (c call.SoundConfig, closeAll func(), err error) {
	var closers []func() error
	closeAll = func() {
		for i := len(closers) - 1; i >= 0; i-- {
			_ = closers[i]()
		}
	}
	defer func() {
		if err != nil {
			closeAll()
			err = &failure{exitRefused, "sound", err}
		}
	}()
	settings := home.Profile.Settings()
	c.Mic, c.Speaker, c.Ringer, c.Voice = first(o.mic, settings.Mic), first(o.speaker, settings.Speaker), settings.RingSpeaker, o.voice(home)
	home.Devices(&c, o.log())
	if err := setup.Codecs(&c); err != nil {
		return c, closeAll, err
	}
	files, err := wavdev.New(wavdev.Config{Input: o.play, Loop: o.loop, Make: o.beep(), Output: o.record, Log: o.log()})
	if err != nil {
		return c, closeAll, err
	}
	closers = append(closers, files.Close)
	var input, output audio.Backend
	if o.play != "" {
		input, c.Mic = files, ""
	}
	if o.record != "" {
		output, c.Speaker, c.Ringer = files, "", ""
	}
	needInput, needOutput := o.play == "" && o.mic != noDevice, o.record == "" && o.recordDir == "" && o.speaker != noDevice
	if needInput || needOutput {
		real, closeReal, err := setup.Devices(o.log())
		if err != nil {
			return c, closeAll, errors.Join(errors.New("no sound system answers; --play, --record and none do without one"), err)
		}
		closers = append(closers, closeReal)
		if needInput {
			input = real
		}
		if needOutput {
			output = real
		}
	}
	c.Backend = audio.Join(input, output)
	if o.recordDir != "" {
		recorder, err := wavdev.NewRecorder(o.recordDir, o.log())
		if err != nil {
			return c, closeAll, err
		}
		closers = append(closers, recorder.Close)
		c.Record = recorder.Tap
	}
	return c, closeAll, nil
}

// beepName as --play is no file, but a beep at every whole second, when the test picture flashes.
const beepName = "beep"

func (o *visitOptions) beep() func([]float32, time.Time) {
	if o.play != beepName {
		return nil
	}
	return func(frame []float32, from time.Time) {
		videotest.Beep(frame, audio.SampleRate, from.Sub(o.epoch), time.Second)
	}
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
