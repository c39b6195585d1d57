package report

import (
	"errors"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ibsoak/internal/browser"
)

// measure is put into a copy of the page, whose policy it takes away: it says in the title what a reader
// would see go wrong. Elements of a width that scroll by themselves are allowed to be wider.
const measure = `<script>
const bad = [];
const root = document.documentElement;
if (root.scrollWidth > root.clientWidth) bad.push("the page is " + root.scrollWidth + " wide");
for (const e of document.querySelectorAll("h1,h2,p,li,dd,figure,.chart")) {
  const r = e.getBoundingClientRect();
  if (!e.closest(".scroll") && r.width > 0 && r.right > root.clientWidth + 1) bad.push(e.tagName + " " + e.className + " ends at " + r.right);
}
for (const c of document.querySelectorAll(".chart")) {
  const l = c.querySelector(".labels").getBoundingClientRect(), d = c.querySelector(".drawing").getBoundingClientRect();
  if (Math.abs(l.height - d.height) > 1 && c.querySelector(".axis") == null) bad.push("labels " + l.height + ", drawing " + d.height);
  for (const r of c.querySelectorAll(".row")) {
    if (r.getBoundingClientRect().height != parseFloat(r.style.height)) bad.push("row " + r.textContent + " is " + r.getBoundingClientRect().height);
  }
}
for (const a of document.querySelectorAll(".axis")) {
  let last = -1;
  for (const t of a.querySelectorAll("text")) {
    if (getComputedStyle(t).display == "none" || !t.textContent) continue;
    const r = t.getBoundingClientRect();
    if (r.left < last) bad.push("axis text " + t.textContent + " lies over the one before");
    last = r.right;
  }
}
if (document.querySelectorAll("path").length < 10) bad.push("nothing is drawn");
document.title = "measured: " + bad.slice(0, 5).join("; ");
</script>`

// TestInChromium looks at the page at the widths of a desk, a tablet and a telephone, light and dark. It
// is skipped where there is no Chromium.
func TestInChromium(t *testing.T) {
	if _, err := browser.Find(); errors.Is(err, browser.ErrMissing) {
		t.Skip("SKIPPED: the page was not looked at in a browser: ", err)
	}
	if testing.Short() {
		t.Skip("SKIPPED: -short: the page was not looked at in a browser")
	}
	dir := t.TempDir()
	text := drawn(t)
	r, v := scripted()
	poison(r, &v, strings.Join(hostile, " ")+strings.Repeat("W", 300))
	pages := map[string]string{"scripted": text, "hostile": pageOf(t, r, v, Frames{})}
	for name, text := range pages {
		const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`
		if !strings.Contains(text, policy) {
			t.Fatalf("%s has no policy", name)
		}
		text = strings.Replace(strings.Replace(text, policy, "", 1), "</body>", measure+"</body>", 1)
		path := filepath.Join(dir, name+".html")
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int{1280, 820, 500} {
			t.Run(fmt.Sprintf("%s at %d", name, width), func(t *testing.T) {
				dom, err := browser.Look{Width: width}.DOM(t.Context(), path)
				if err != nil {
					t.Fatal(err)
				}
				_, rest, _ := strings.Cut(dom, "<title>")
				title, _, _ := strings.Cut(rest, "</title>")
				if title != "measured: " {
					t.Errorf("%s", title)
				}
			})
		}
	}
	t.Run("photograph", func(t *testing.T) { photographed(t, text) })
}

// photographed shows that the colours of the page are there, in the light and in the dark.
func photographed(t *testing.T, text string) {
	path := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	for dark, paper := range map[bool]uint32{false: 0xf7f7, true: 0x1414} {
		to := filepath.Join(t.TempDir(), "page.png")
		if err := (browser.Look{Width: 1000, Dark: dark}).Photograph(t.Context(), path, to); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(to)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		picture, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		b := picture.Bounds()
		if red, _, _, _ := picture.At(b.Min.X+2, b.Min.Y+2).RGBA(); red != paper || b.Dx() != 1000 || b.Dy() < 1500 {
			t.Errorf("dark %t: paper %#x, want %#x; %s", dark, red, paper, b)
		}
	}
}
