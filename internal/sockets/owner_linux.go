package sockets

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// PIDSockets gives the inodes of every socket that the process has open, of any kind. It reads only
// that process's descriptors, which has to belong to the same user unless we may trace others.
func PIDSockets(pid int) (map[uint64]struct{}, error) {
	inodes, err := pidSockets(pid)
	if err != nil {
		return nil, fmt.Errorf("read descriptors of process %d: %w: %w", pid, ErrUnknown, err)
	}
	return inodes, nil
}

// Owns says whether the process has this socket open. A socket with inode 0 belongs to no process
// yet, or no longer.
func Owns(pid int, s Socket) (bool, error) {
	if s.Inode == 0 {
		return false, nil
	}
	inodes, err := PIDSockets(pid)
	_, ok := inodes[s.Inode]
	return ok, err
}

func pidSockets(pid int) (map[uint64]struct{}, error) {
	path := filepath.Join(procRoot, strconv.Itoa(pid), "fd")
	dir, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	names, err := dir.Readdirnames(-1)
	if err := errors.Join(err, dir.Close()); err != nil {
		return nil, err
	}
	inodes := make(map[uint64]struct{})
	for _, name := range names {
		target, err := os.Readlink(filepath.Join(path, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // closed since the directory was read
		}
		if err != nil {
			return nil, err
		}
		if inode, ok := socketInode(target); ok {
			inodes[inode] = struct{}{}
		}
	}
	return inodes, nil
}

// socketInode reads "socket:[12345]".
func socketInode(target string) (uint64, bool) {
	digits, ok := strings.CutPrefix(target, "socket:[")
	if !ok {
		return 0, false
	}
	digits, ok = strings.CutSuffix(digits, "]")
	if !ok {
		return 0, false
	}
	inode, err := strconv.ParseUint(digits, 10, 64)
	return inode, err == nil
}
