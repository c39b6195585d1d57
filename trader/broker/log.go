package broker

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/rs/zerolog"
	"github.com/scmhub/ibapi"
)

// apiLog carries the API client's log lines into slog. The client has one logger for the process,
// so the lines go to the log of the session that was opened last.
type apiLog struct{ log atomic.Pointer[slog.Logger] }

var (
	bridge     apiLog
	bridgeOnce sync.Once
)

// bridgeLog points the API client's log at log. The client reads its logger without a lock: it is
// set once, before the first client exists.
func bridgeLog(log *slog.Logger) {
	bridge.log.Store(log)
	bridgeOnce.Do(func() {
		ibapi.SetLogger(zerolog.New(&bridge))
	})
}

// apiLevels puts the client's levels one lower: what it calls an error, such as the end of its
// connection, is for the link to judge.
var apiLevels = map[zerolog.Level]slog.Level{
	zerolog.InfoLevel:  slog.LevelDebug,
	zerolog.WarnLevel:  slog.LevelInfo,
	zerolog.ErrorLevel: slog.LevelWarn,
	zerolog.FatalLevel: slog.LevelError,
	zerolog.PanicLevel: slog.LevelError,
}

// Write takes a line without a level.
func (b *apiLog) Write(line []byte) (int, error) { return b.WriteLevel(zerolog.InfoLevel, line) }

// WriteLevel takes one line, which is a JSON object.
func (b *apiLog) WriteLevel(level zerolog.Level, line []byte) (int, error) {
	log, to := b.log.Load(), slog.LevelDebug
	if l, ok := apiLevels[level]; ok {
		to = l
	}
	if !log.Enabled(context.Background(), to) {
		return len(line), nil
	}
	var fields map[string]any
	if json.Unmarshal(line, &fields) != nil {
		log.Log(context.Background(), to, "api client", "line", string(line))
		return len(line), nil
	}
	message, _ := fields[zerolog.MessageFieldName].(string)
	delete(fields, zerolog.MessageFieldName)
	delete(fields, zerolog.LevelFieldName)
	log.LogAttrs(context.Background(), to, "api client: "+message, slog.Any("fields", fields))
	return len(line), nil
}
