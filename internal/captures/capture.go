package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ibsoak/internal/recording"
	"ibsoak/internal/wire"
)

// Capture is a published transcript.
type Capture struct {
	File string // relative to the directory of all
	// Live says that it derives from what a real Gateway sent. Otherwise it is what its publisher
	// takes a Gateway to send.
	Live       bool
	Transcript *recording.Transcript
}

// Files lists the transcripts below a directory, sorted.
func Files(dir string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if ext := filepath.Ext(path); !d.IsDir() && (ext == ".txt" || ext == ".yaml") {
			rel, err := filepath.Rel(dir, path)
			files = append(files, filepath.ToSlash(rel))
			return err
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list captures: %w", err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("list captures: no .txt or .yaml file in %s", dir)
	}
	slices.Sort(files)
	return files, nil
}

// Read reads one of the Files of a directory.
func Read(dir, file string) (Capture, error) {
	data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
	if err != nil {
		return Capture{}, fmt.Errorf("read capture: %w", err)
	}
	t, err := recording.ParseTranscript(file, data)
	if err != nil {
		return Capture{}, err
	}
	return Capture{File: file, Live: isLive(file, string(data), t), Transcript: t}, nil
}

// isLive goes by what publishers say: frames as bytes were captured, and so was what a file's name
// or comments call so.
func isLive(file, text string, t *recording.Transcript) bool {
	for _, s := range t.Sessions {
		for _, l := range s.Lines {
			if !l.Partial {
				return true
			}
		}
	}
	name := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	if strings.HasPrefix(name, "grounded_") || strings.HasPrefix(name, "api_") ||
		strings.Contains(name, "_live") {
		return true
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "#") && strings.Contains(line, "sha256 prefix") {
			return true // of the log of a live session
		}
	}
	return false
}

// client reports whether a line is the client's.
func client(l recording.Line) bool { return l.Message.Kind.Direction() == wire.FromClient }
