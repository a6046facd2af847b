// Package ns suppresses noise with RNNoise (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech
// Enhancement", 2018), which runs without cgo as WebAssembly under wazero's compiler. Each frame gives the cleaned sound
// and a voice probability, the natural input of a gate.
//
// It adds 10 ms of delay. It can't separate a talker from babble. wazero compiles on amd64 and arm64 only; elsewhere it
// would interpret, which is far too slow for a call, so Compile refuses there.
package ns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"runtime"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	// FrameSize is the only block length that RNNoise takes: 10 ms at 48 kHz.
	FrameSize = 480
	// Delay is what Process adds, in samples: the overlap of RNNoise's windows.
	Delay = FrameSize
	// RNNoise's floats have the range of int16.
	scale = 32768
	// loudest bounds what goes in, far above full scale, so that no input can drive the network's state to infinity.
	loudest = 8
	// restAfter is for how many frames nothing at all must have come in and gone out until the module rests: RNNoise, too, leaves
	// its network out then, and what else it remembers, the last 36 ms of sound above all, is nothing but zeros by that time.
	restAfter = 20
	nothing   = 1e-6 // of full scale, -120 dBFS
)

// The errors of this package.
var (
	ErrFrame   = errors.New("ns: a frame has 480 samples")
	ErrTooSlow = errors.New("ns: no compiler for this processor")
)

// Model is the compiled module, from which any number of Denoisers is made. It is safe for concurrent use.
type Model struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

// Compile makes machine code of the module, which takes some 50 ms (a second instance 0.3 ms): at start, never on a call path. The context is only
// for that.
func Compile(ctx context.Context, wasm []byte) (_ *Model, err error) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return nil, ErrTooSlow
	}
	m := &Model{runtime: wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig())}
	defer func() {
		if err != nil {
			_ = m.Close()
		}
	}()
	if m.compiled, err = m.runtime.CompileModule(ctx, shrink(wasm, pages)); err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	if err := m.provideImports(ctx); err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	return m, nil
}

// New starts an instance. The context is only for that.
func (m *Model) New(ctx context.Context) (*Denoiser, error) {
	// WithStartFunctions(): an Emscripten library has no _start; its constructors are called by hand. WithName: instances
	// without a name may be many.
	instance, err := m.runtime.InstantiateModule(ctx, m.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("instantiate: %w", err)
	}
	d := &Denoiser{instance: instance}
	if err := d.start(ctx); err != nil {
		_ = instance.Close(ctx)
		return nil, fmt.Errorf("start: %w", err)
	}
	return d, nil
}

// Close frees the machine code, and all Denoisers that were made of it.
func (m *Model) Close() error { return m.runtime.Close(context.Background()) }

// provideImports gives the module the three Emscripten functions that it asks for; any other import fails here, by name.
func (m *Model) provideImports(ctx context.Context) error {
	env := m.runtime.NewHostModuleBuilder("env")
	for _, f := range m.compiled.ImportedFunctions() {
		var body api.GoModuleFunc
		module, name, _ := f.Import()
		switch module + "." + name {
		case "env.emscripten_memcpy_big": // (to, from, n)
			body = func(_ context.Context, m api.Module, s []uint64) {
				if from, ok := m.Memory().Read(uint32(s[1]), uint32(s[2])); ok {
					m.Memory().Write(uint32(s[0]), from)
				}
			}
		case "env.emscripten_resize_heap": // (wanted bytes) true if granted: never, a frame needs no more
			body = func(_ context.Context, _ api.Module, s []uint64) { s[0] = 0 }
		case "env.__assert_fail": // wazero turns the panic into an error of the running Call
			body = func(context.Context, api.Module, []uint64) { panic("assertion failed in the module") }
		default:
			return fmt.Errorf("unknown import %s.%s", module, name)
		}
		env.NewFunctionBuilder().WithGoModuleFunction(body, f.ParamTypes(), f.ResultTypes()).Export(name)
	}
	_, err := env.Instantiate(ctx)
	return err
}

// Denoiser is one RNNoise state in its own WebAssembly instance. It is used by one goroutine at a time.
type Denoiser struct {
	instance api.Module
	process  api.Function
	state    uint64
	at       [2]uint32 // addresses of the two buffers in the instance's memory
	in, out  []byte    // views of them; they stay valid because the memory never grows
	stack    [3]uint64
	still    int    // frames in a row with nothing in them, before and after
	model    *Model // to close, if it is the Denoiser's own
}

// New compiles and starts one Denoiser with a Model of its own: see Compile for what that takes.
func New(ctx context.Context, wasm []byte) (*Denoiser, error) {
	m, err := Compile(ctx, wasm)
	if err != nil {
		return nil, err
	}
	d, err := m.New(ctx)
	if err != nil {
		_ = m.Close()
		return nil, err
	}
	d.model = m
	return d, nil
}

// start makes the RNNoise state and its two buffers inside the instance.
func (d *Denoiser) start(ctx context.Context) (err error) {
	call := func(name string, args ...uint64) (result uint64) {
		if err != nil {
			return 0
		}
		f := d.instance.ExportedFunction(name)
		if f == nil {
			err = fmt.Errorf("no export %q", name)
			return 0
		}
		// What a function takes more than it is given is null: rnnoise_create's model in some builds, the built-in one.
		args = append(args, make([]uint64, max(len(f.Definition().ParamTypes())-len(args), 0))...)
		var results []uint64
		if results, err = f.Call(ctx, args...); err == nil && len(results) > 0 {
			result = results[0]
		}
		return result
	}
	call("__wasm_call_ctors")
	d.state = call("rnnoise_create")
	d.at = [2]uint32{uint32(call("malloc", FrameSize*4)), uint32(call("malloc", FrameSize*4))}
	d.process = d.instance.ExportedFunction("rnnoise_process_frame")
	if err != nil {
		return err
	}
	memory := d.instance.Memory()
	if d.state == 0 || d.at[0] == 0 || d.at[1] == 0 || d.process == nil || memory == nil {
		return errors.New("not an RNNoise module, or out of memory")
	}
	in, ok := memory.Read(d.at[0], FrameSize*4)
	out, ok2 := memory.Read(d.at[1], FrameSize*4)
	if !ok || !ok2 {
		return errors.New("buffers outside of the memory")
	}
	d.in, d.out = in, out
	return nil
}

// Process cleans frame in place and returns the probability, 0 to 1, that it holds a voice. The sound comes out Delay
// samples later than it went in. What is not a finite number counts as silence. It allocates nothing. While a microphone that is
// switched off at its cable gives zeros, it costs nothing either.
func (d *Denoiser) Process(frame []float32) (voice float32, err error) {
	if len(frame) != FrameSize {
		return 0, ErrFrame
	}
	still := true
	for i, v := range frame {
		if v-v != 0 { // not a number, or infinite
			v = 0
		}
		still = still && v == 0
		binary.LittleEndian.PutUint32(d.in[4*i:], math.Float32bits(min(max(v, -loudest), loudest)*scale))
	}
	if still && d.still >= restAfter {
		clear(frame)
		return 0, nil
	}
	d.stack = [3]uint64{d.state, uint64(d.at[1]), uint64(d.at[0])}
	if err := d.process.CallWithStack(context.Background(), d.stack[:]); err != nil {
		return 0, fmt.Errorf("rnnoise: %w", err)
	}
	for i := range frame {
		v := math.Float32frombits(binary.LittleEndian.Uint32(d.out[4*i:])) / scale
		still = still && v < nothing && v > -nothing
		frame[i] = v
	}
	if d.still++; !still {
		d.still = 0
	}
	return math.Float32frombits(uint32(d.stack[0])), nil
}

// Close frees the instance, and the machine code if it has its own. The Denoiser is not used afterwards.
func (d *Denoiser) Close() error {
	err := d.instance.Close(context.Background())
	if d.model != nil {
		err = errors.Join(err, d.model.Close())
	}
	return err
}
