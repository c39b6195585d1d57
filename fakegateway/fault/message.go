package fault

import "ibsoak/internal/wire"

// validateMessage checks a message's name and that the right side sends it.
func validateMessage(report reporter, path, name string, fromClient bool) {
	if name == Any {
		return
	}
	kind, known := wire.ParseKind(name)
	switch {
	case !known:
		report(path, "%q is no message: want IBKR's name, like %q, or %q", name,
			example(fromClient), Any)
	case (kind.Direction() == wire.FromClient) != fromClient:
		report(path, "%q is sent by the %s", name, kind.Direction())
	}
}

func example(fromClient bool) string {
	if fromClient {
		return wire.PlaceOrder.String()
	}
	return wire.OpenOrder.String()
}
