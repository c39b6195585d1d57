package wire

import pb "github.com/scmhub/ibapi/protobuf"

// configFamily reads and changes the Gateway's own settings, in protobuf only.
var configFamily = []spec{
	protobufRow[pb.ConfigRequest](ReqConfig, "reqConfig", 219),
	protobufRow[pb.ConfigResponse](ConfigResponse, "configResponse", 219),
	protobufRow[pb.UpdateConfigRequest](UpdateConfig, "updateConfig", 221),
	protobufRow[pb.UpdateConfigResponse](UpdateConfigResponse, "updateConfigResponse", 221),
}
