package fakegateway

import "ibsoak/fakegateway/lock"

func init() { lock.CheckOrder() }
