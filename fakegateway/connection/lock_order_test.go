package connection

import "ibsoak/fakegateway/lock"

func init() { lock.CheckOrder() }
