//go:build !linux

package catalogue_test

// wantKernel is for Linux, where an unprivileged process can read the kernel's table.
func (r rig) wantKernel(int) { r.Log("the kernel's table is not looked up here") }
