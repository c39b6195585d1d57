package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"ibsoak/harness/shard"
)

// job is what the manifests say, and all that they may: a field of another name is refused.
type job struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string
	Metadata   struct{ Name string }
	Spec       struct {
		CompletionMode       string `yaml:"completionMode"`
		Completions          int
		Parallelism          int
		BackoffLimit         *int `yaml:"backoffLimit"`
		BackoffLimitPerIndex *int `yaml:"backoffLimitPerIndex"`
		Template             struct {
			Spec struct {
				RestartPolicy   string `yaml:"restartPolicy"`
				SecurityContext struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
					FSGroup      int  `yaml:"fsGroup"`
				} `yaml:"securityContext"`
				Containers []container
				Volumes    []volume
			}
		}
	}
}

type container struct {
	Name, Image string
	Args        []string
	Env         []struct {
		Name      string
		ValueFrom struct {
			FieldRef struct {
				FieldPath string `yaml:"fieldPath"`
			} `yaml:"fieldRef"`
		} `yaml:"valueFrom"`
	}
	Resources    struct{ Requests, Limits map[string]string }
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
		ReadOnly  bool   `yaml:"readOnly"`
	} `yaml:"volumeMounts"`
}

type volume struct {
	Name                  string
	ConfigMap             *struct{ Name string } `yaml:"configMap"`
	PersistentVolumeClaim *struct {
		ClaimName string `yaml:"claimName"`
	} `yaml:"persistentVolumeClaim"`
	EmptyDir *struct{} `yaml:"emptyDir"`
}

func manifest(t *testing.T, name string) (j job) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(text(t, "kubernetes/"+name)), &j, yaml.Strict()); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return j
}

func text(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// planned is what the command of the manifests' comment plans.
func planned(t *testing.T, dir string, change func(args []string) []string) shard.Plan {
	t.Helper()
	line := regexp.MustCompile(`(?m)^# +soak (plan .*) --out deploy/kubernetes/plan\.json$`).
		FindStringSubmatch(text(t, "kubernetes/kustomization.yaml"))
	if line == nil {
		t.Fatal("the comment does not say how the plan is made")
	}
	path := filepath.Join(dir, "plan.json")
	args := append(change(strings.Fields(line[1])), "--out", path)
	if out, err := exec.CommandContext(t.Context(), filepath.Join(build(t), "soak"), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p, err := shard.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestIndexedJob holds the job to the plan that its comment makes.
func TestIndexedJob(t *testing.T) {
	j, p := manifest(t, "job.yaml"), planned(t, t.TempDir(), slices.Clone[[]string])
	s := j.Spec
	if j.APIVersion != "batch/v1" || j.Kind != "Job" || s.CompletionMode != "Indexed" {
		t.Errorf("%s %s, %q", j.APIVersion, j.Kind, s.CompletionMode)
	}
	if s.Completions != p.Shards || s.Parallelism != p.Shards {
		t.Errorf("%d completions, %d at once, for %d shards", s.Completions, s.Parallelism, p.Shards)
	}
	if s.BackoffLimitPerIndex == nil || *s.BackoffLimitPerIndex != 0 || s.Template.Spec.RestartPolicy != "Never" {
		t.Error("a shard that failed would be made again")
	}
	c := s.Template.Spec.Containers[0]
	if len(c.Env) != 1 || c.Env[0].Name != "JOB_COMPLETION_INDEX" ||
		c.Env[0].ValueFrom.FieldRef.FieldPath != "metadata.annotations['batch.kubernetes.io/job-completion-index']" {
		t.Errorf("env: %+v", c.Env)
	}
	for _, name := range []string{"job.yaml", "merge.yaml"} {
		pod := manifest(t, name).Spec.Template.Spec
		mounted := map[string]string{}
		for _, m := range pod.Containers[0].VolumeMounts {
			mounted[m.MountPath] = m.Name
		}
		i := slices.IndexFunc(pod.Volumes, func(v volume) bool { return v.Name == mounted["/records"] })
		if i < 0 || pod.Volumes[i].PersistentVolumeClaim == nil || pod.Volumes[i].PersistentVolumeClaim.ClaimName != "soak-records" {
			t.Errorf("%s: the records go to %+v", name, pod.Volumes)
		}
	}
	if m := manifest(t, "merge.yaml"); m.Spec.BackoffLimit == nil || *m.Spec.BackoffLimit != 0 {
		t.Error("merge would be tried again")
	}
	if claim := text(t, "kubernetes/volume.yaml"); !strings.Contains(claim, "name: soak-records\n") {
		t.Error(claim)
	}
}

// TestKustomize builds what is applied, as kubectl does.
func TestKustomize(t *testing.T) {
	kubectl, err := exec.LookPath("kubectl")
	if err != nil {
		t.Skip("kubectl is not here")
	}
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("kubernetes")); err != nil {
		t.Fatal(err)
	}
	p := planned(t, dir, slices.Clone[[]string])
	out, err := exec.CommandContext(t.Context(), kubectl, "kustomize", dir).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"kind: ConfigMap", "kind: PersistentVolumeClaim", "completionMode: Indexed", "image: ibsoak:latest", p.ID, "name: soak-plan"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestPodsMakeTheirShards runs the words of the job's pods, and then those of the merge.
func TestPodsMakeTheirShards(t *testing.T) {
	dir := t.TempDir()
	p := planned(t, dir, func(args []string) []string {
		args[slices.Index(args, "--runs")+1] = "1"
		for flag, value := range map[string]string{"--seeds": "1..2", "--shards": "2"} {
			args[slices.Index(args, flag)+1] = value
		}
		return args
	})
	run := func(name, index string) (string, int) {
		var args []string
		for _, word := range manifest(t, name).Spec.Template.Spec.Containers[0].Args {
			word = strings.Replace(word, "/plan/", dir+"/", 1)
			args = append(args, strings.Replace(word, "/records", dir+"/records", 1))
		}
		cmd := exec.CommandContext(t.Context(), filepath.Join(build(t), args[0]), args[1:]...)
		cmd.Env = append(os.Environ(), "JOB_COMPLETION_INDEX="+index, "GITHUB_STEP_SUMMARY=")
		out, _ := cmd.CombinedOutput()
		return string(out), cmd.ProcessState.ExitCode()
	}
	codes := []int{2} // of what is merged, which lacks a shard at first; a busy machine may leave one undecided
	for i := range p.Shards {
		out, code := run("job.yaml", strconv.Itoa(i))
		if code != 0 && code != 2 || !strings.Contains(out, "JOB_COMPLETION_INDEX="+strconv.Itoa(i)) {
			t.Errorf("index %d: exit status %d\n%s", i, code, out)
		}
		if codes = append(codes, code); i == p.Shards-1 {
			codes = codes[1:]
		}
		want := slices.Max(codes)
		if out, code := run("merge.yaml", ""); code != want || !strings.Contains(out, fmt.Sprintf("in %d of 2 runs", i+1)) {
			t.Errorf("merged after index %d: exit status %d, want %d\n%s", i, code, want, out)
		}
	}
}
