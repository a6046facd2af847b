package main

import "os"

// restart starts this program, with the same arguments, a second time; this one ends. There is no exec on Windows.
func restart() error {
	path, err := os.Executable()
	if err != nil {
		return err
	}
	p, err := os.StartProcess(path, os.Args, &os.ProcAttr{Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
	if err != nil {
		return err
	}
	return p.Release()
}
