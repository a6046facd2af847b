// Package ns suppresses noise with RNNoise (Valin, "A Hybrid DSP/Deep Learning Approach to Real-Time Full-Band Speech
// Enhancement", 2018), which runs without cgo as WebAssembly under wazero's compiler. Each frame gives the cleaned sound
// and a voice probability, the natural input of a gate.
//
// It adds 10 ms of delay. It can't separate a talker from babble. wazero compiles on amd64 and arm64 only; elsewhere it
// would interpret, which is far too slow for a call, so New refuses there.
package ns

import (
	"context"
	"errors"
	"fmt"
	"math"

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
)

// ErrFrame is returned for a frame that is not FrameSize samples long.
var ErrFrame = errors.New("ns: a frame has 480 samples")

// Denoiser is one RNNoise state in its own WebAssembly instance. It is used by one goroutine at a time.
type Denoiser struct {
	runtime wazero.Runtime
	memory  api.Memory
	process api.Function
	state   uint64
	in, out uint32
	stack   [3]uint64
}

// New compiles and starts the module: some 50 ms, so it is done at start and never on a call path. The context is only
// for that; later calls can't be interrupted.
func New(ctx context.Context, wasm []byte) (_ *Denoiser, err error) {
	d := &Denoiser{runtime: wazero.NewRuntime(ctx)}
	defer func() {
		if err != nil {
			_ = d.runtime.Close(ctx)
		}
	}()
	compiled, err := d.runtime.CompileModule(ctx, wasm)
	if err != nil {
		return nil, fmt.Errorf("compile: %w", err)
	}
	if err := d.provideImports(ctx, compiled); err != nil {
		return nil, fmt.Errorf("imports: %w", err)
	}
	// WithStartFunctions(): an Emscripten library has no _start; its constructors are called by hand.
	m, err := d.runtime.InstantiateModule(ctx, compiled, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		return nil, fmt.Errorf("instantiate: %w", err)
	}
	if err := d.start(ctx, m); err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return d, nil
}

// start makes the RNNoise state and its two buffers inside the module.
func (d *Denoiser) start(ctx context.Context, m api.Module) (err error) {
	call := func(name string, args ...uint64) (result uint64) {
		if err != nil {
			return 0
		}
		f := m.ExportedFunction(name)
		if f == nil {
			err = fmt.Errorf("no export %q", name)
			return 0
		}
		var results []uint64
		if results, err = f.Call(ctx, args...); err == nil && len(results) > 0 {
			result = results[0]
		}
		return result
	}
	call("__wasm_call_ctors")
	d.state = call("rnnoise_create", make([]uint64, params(m, "rnnoise_create"))...) // null: the built-in model
	d.in, d.out = uint32(call("malloc", FrameSize*4)), uint32(call("malloc", FrameSize*4))
	d.memory, d.process = m.Memory(), m.ExportedFunction("rnnoise_process_frame")
	if err == nil && (d.state == 0 || d.in == 0 || d.out == 0 || d.process == nil || d.memory == nil) {
		err = errors.New("not an RNNoise module, or out of memory")
	}
	return err
}

func params(m api.Module, name string) int {
	if f := m.ExportedFunction(name); f != nil {
		return len(f.Definition().ParamTypes())
	}
	return 0
}

// provideImports gives the module the three Emscripten functions that it asks for; any other import fails here, by name.
func (d *Denoiser) provideImports(ctx context.Context, c wazero.CompiledModule) error {
	env := d.runtime.NewHostModuleBuilder("env")
	for _, f := range c.ImportedFunctions() {
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

// Process cleans frame in place and returns the probability, 0 to 1, that it holds a voice. The sound comes out Delay
// samples later than it went in. What is not a number counts as silence. It allocates nothing.
func (d *Denoiser) Process(frame []float32) (voice float32, err error) {
	if len(frame) != FrameSize {
		return 0, ErrFrame
	}
	for i, v := range frame {
		if v != v {
			v = 0
		}
		d.memory.WriteFloat32Le(d.in+uint32(i)*4, min(max(v, -loudest), loudest)*scale)
	}
	d.stack = [3]uint64{d.state, uint64(d.out), uint64(d.in)}
	if err := d.process.CallWithStack(context.Background(), d.stack[:]); err != nil {
		return 0, fmt.Errorf("rnnoise: %w", err)
	}
	for i := range frame {
		v, _ := d.memory.ReadFloat32Le(d.out + uint32(i)*4)
		frame[i] = v / scale
	}
	return math.Float32frombits(uint32(d.stack[0])), nil
}

// Close frees the instance and its machine code. The Denoiser is not used afterwards.
func (d *Denoiser) Close() error { return d.runtime.Close(context.Background()) }
