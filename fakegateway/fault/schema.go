package fault

import _ "embed"

//go:embed schedule.schema.json
var schema []byte

// Schema is the JSON Schema (draft 2020-12) of schedules, for editors: it completes and explains
// keys, messages and their fields. It accepts and refuses what Parse does, but for what a schema
// cannot see: ids given twice, blocks that do not exist or lack a parameter, and what stands in a
// block before its parameters are filled in.
func Schema() []byte { return schema }
