package strictyaml_test

import (
	"testing"

	"ibsoak/internal/strictyaml"
)

func TestJSONKeepsOrderAndEscapes(t *testing.T) {
	text := "z: 1\na:\n- {y: \"178\\0\", x: 1.5s}\n- null\nm: {}\n"
	want := `{"z":1,"a":[{"y":"178\u0000","x":"1.5s"},null],"m":{}}`
	if got, err := strictyaml.JSON([]byte(text)); err != nil || string(got) != want {
		t.Errorf("%s, %v\nwant %s", got, err, want)
	}
	if _, err := strictyaml.JSON([]byte("a: [")); err == nil {
		t.Error("broken YAML became JSON")
	}
}
