package session

// console is what a Gateway's own windows hold and its clients share, beside the books. The zero
// value is that of a Gateway that was just started.
type console struct {
	displays displayGroups
	advisor  advisorGroups
	settings settings
}
