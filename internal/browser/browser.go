// Package browser looks at a page with a headless Chromium, when this machine has one. It is for tests
// and for the pictures in docs/; no program needs it.
package browser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// names are the commands by which Chromium goes.
var names = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

// within bounds one look at a page.
const within = 2 * time.Minute

// starts are how often Chromium is started for a look: now and then it crashes by itself.
const starts = 3

// tallest is the height of the window in which a page is photographed; what is below is cut off.
const tallest = 9000

// ErrMissing is the error when there is no Chromium.
var ErrMissing = errors.New("no Chromium on this machine: on Debian, apt-get install chromium")

// Find is the path of a Chromium.
func Find() (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrMissing
}

// Look is how a page is looked at.
type Look struct {
	Width  int // of the window, in pixels
	Height int // of the picture at most; 0: the whole page
	Dark   bool
}

// Photograph writes the page at path as a PNG, without the empty paper under it.
func (l Look) Photograph(ctx context.Context, path, to string) error {
	raw := to + ".raw.png"
	defer os.Remove(raw)
	if _, err := l.run(ctx, "--screenshot="+raw, path); err != nil {
		return err
	}
	data, err := os.ReadFile(raw)
	if err != nil {
		return fmt.Errorf("photograph %s: %w", path, err)
	}
	page, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("photograph %s: %w", path, err)
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, l.trimmed(page)); err != nil {
		return fmt.Errorf("photograph %s: %w", path, err)
	}
	return os.WriteFile(to, out.Bytes(), 0o644)
}

// DOM is the page as it is after it was loaded, with scripts if it has any and allows them.
func (l Look) DOM(ctx context.Context, path string) (string, error) {
	return l.run(ctx, "--dump-dom", path)
}

// run starts Chromium with a profile of its own, which goes with it.
func (l Look) run(ctx context.Context, what, path string) (string, error) {
	exe, err := Find()
	if err != nil {
		return "", err
	}
	path, err = filepath.Abs(path)
	if err != nil {
		return "", err
	}
	profile, err := os.MkdirTemp("", "browser-*")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(profile)
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	args := []string{
		"--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
		"--disable-background-networking", "--user-data-dir=" + profile,
		fmt.Sprintf("--window-size=%d,%d", l.Width, tallest),
	}
	if l.Dark {
		args = append(args, "--blink-settings=preferredColorScheme=0")
	}
	var stdout, stderr bytes.Buffer
	for try := 1; ; try++ {
		stdout.Reset()
		stderr.Reset()
		cmd := exec.CommandContext(ctx, exe, append(args, what, "file://"+path)...)
		cmd.WaitDelay = time.Second
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := cmd.Run()
		if err == nil {
			return stdout.String(), nil
		}
		if try == starts || cmd.ProcessState == nil || cmd.ProcessState.Exited() {
			return "", fmt.Errorf("look at %s: %w: %.400s", path, err, stderr.String())
		}
	}
}

// trimmed cuts off the rows at the bottom that have one colour only, and what is below Height.
func (l Look) trimmed(page image.Image) image.Image {
	b := page.Bounds()
	bottom := b.Max.Y
	for bottom > b.Min.Y+1 && plainRow(page, bottom-1) {
		bottom--
	}
	const margin = 24
	bottom = min(bottom+margin, b.Max.Y)
	if l.Height > 0 {
		bottom = min(bottom, b.Min.Y+l.Height)
	}
	out := image.NewRGBA(image.Rect(0, 0, b.Dx(), bottom-b.Min.Y))
	draw.Draw(out, out.Bounds(), page, b.Min, draw.Src)
	return out
}

func plainRow(page image.Image, y int) bool {
	b := page.Bounds()
	first := page.At(b.Min.X, y)
	for x := b.Min.X; x < b.Max.X; x++ {
		if page.At(x, y) != first {
			return false
		}
	}
	return true
}
