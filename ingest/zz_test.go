package ingest
import ("testing";"context";"path/filepath";"github.com/pruner/pruner/store";"github.com/pruner/pruner/catalog";"time")
func TestZZ(t *testing.T){
 ctx:=context.Background()
 st,err:=store.Open(ctx,filepath.Join(t.TempDir(),"s.duckdb"),store.Options{}); if err!=nil{t.Fatal(err)}
 defer func(){t1:=time.Now();st.Close();t.Log("close",time.Since(t1))}()
 src,_:=Open("/tmp/gen/big/logs")
 c:=catalog.Default()
 t0:=time.Now()
 r,err:=Run(ctx,st,[]Source{src},Options{RecordOptions:RecordOptions{Params:c.Param,Below:c.ParamBelow}})
 t.Log(r,err,time.Since(t0))
}
