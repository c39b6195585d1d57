package keeper

import "os"

// OpenFilesWith makes captures open their files by another function. It must be called before the first
// capture.
func (k *Keeper) OpenFilesWith(open func(string, int, os.FileMode) (*os.File, error)) {
	k.openFile = open
}
