package wire

import "testing"

func TestEscape(t *testing.T) {
	for plain, escaped := range map[string]string{
		"":               "",
		"APPLE INC":      "APPLE INC",
		"Nestlé":         `Nestl\u00e9`,
		"\U0001f600!":    `\ud83d\ude00!`,
		`C:\users`:       `C:\u005cusers`,
		`a\b`:            `a\b`,
		"日本":             `\u65e5\u672c`,
		"line\nand\ttab": "line\nand\ttab",
	} {
		if got := escape(plain); got != escaped {
			t.Errorf("escape(%q) = %q, want %q", plain, got, escaped)
		}
		if got := unescape(escaped); got != plain {
			t.Errorf("unescape(%q) = %q, want %q", escaped, got, plain)
		}
	}
	for _, kept := range []string{`\u`, `\u12`, `\uzzzz`, `\u0000`, `end\u`} {
		if got := unescape(kept); got != kept {
			t.Errorf("unescape(%q) = %q, want it kept", kept, got)
		}
	}
}

func TestJavaDouble(t *testing.T) {
	for want, v := range map[string]float64{
		"0.0": 0, "1.2": 1.2, "500.0": 500, "-0.001": -0.001, "9999999.5": 9999999.5,
		"1.0E7": 1e7, "1.23456785E7": 12345678.5, "-5.0E-4": -0.0005, "1.5E-10": 1.5e-10,
	} {
		if got := string(appendJava(nil, v)); got != want {
			t.Errorf("%v is spelled %s, want %s", v, got, want)
		}
	}
}
