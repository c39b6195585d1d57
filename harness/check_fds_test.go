package harness

// sampledFDs is a run of three sessions with two cycles each, whose samples show these numbers of
// descriptors.
func sampledFDs(fds ...int) *Record {
	r := oneLife(len(fds))
	r.Samples = nil
	for i, n := range fds {
		r.Cycles[i].Connection = 1 + i/2
		r.Samples = append(r.Samples, Sample{Life: 1, Cycle: r.Cycles[i].Number, At: r.Cycles[i].Answered, FDs: n})
	}
	return r
}

func recoveryLeakCases() []judged {
	check := Check{Name: "fds-after-recovery"}
	return []judged{
		{"as many", sampledFDs(9, 9, 9, 9, 9, 9), check, nil, Pass, "at most 0 more"},
		{"a library more", sampledFDs(9, 9, 13, 13, 13, 13), check, nil, Pass, "at most 4 more"},
		{"open for a moment", sampledFDs(9, 9, 30, 9, 9, 30), check, nil, Pass, "2 for each lost session"},
		{"25 a session", sampledFDs(9, 9, 34, 34, 59, 59), check, nil, Fail, "34 descriptors after recovery 1"},
		{"3 a session", sampledFDs(9, 9, 12, 12, 15, 15), check, nil, Fail, "6 more, 4 allowed"},
		{"one session", sampledFDs(9, 9), check, nil, Inconclusive, "0 recoveries seen"},
		{"not readable", sampledFDs(0, 0, 0, 0), check, nil, Inconclusive, "could not be read"},
	}
}
