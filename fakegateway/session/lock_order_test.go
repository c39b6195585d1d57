package session

import "ibsoak/fakegateway/lock"

func init() { lock.CheckOrder() }
