package encoder
import ("testing";"os")
func TestDump(t *testing.T){ s,err:=Builtin(); if err!=nil{t.Fatal(err)}; os.WriteFile("/tmp/F/builtin.onnx",s.ONNX(),0o644)}
