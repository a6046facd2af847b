package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"parley/ui/kit"
	"parley/ui/model"
)

// The figures are those of whoever is there now, and of each of two of one name.
func TestFiguresOfWhoeverIsThere(t *testing.T) {
	testWindow(t, nil)
	f := &figures{rows: kit.VCol(8)}
	for _, c := range []struct {
		all   []model.Detail
		fresh bool
		want  string
	}{
		{[]model.Detail{{Label: "Loss", Value: "0 %"}}, true, "Loss|0 %"},
		{[]model.Detail{{Label: "Picture from Kim", Value: "720p"}, {Label: "Picture from Kim", Value: "360p"}, {Label: "Loss", Value: "1 %"}}, true, "Picture from Kim|720p, Picture from Kim|360p, Loss|1 %"},
		{[]model.Detail{{Label: "Picture from Kim", Value: "540p"}, {Label: "Picture from Kim", Value: "180p"}, {Label: "Loss", Value: "2 %"}}, false, "Picture from Kim|540p, Picture from Kim|180p, Loss|2 %"},
		{[]model.Detail{{Label: "Picture from Kim", Value: "270p"}, {Label: "Loss", Value: "3 %"}}, true, "Picture from Kim|270p, Loss|3 %"},
	} {
		fresh := f.fill(c.all)
		var got []string
		for i, row := range f.rows.Objects {
			got = append(got, row.(*fyne.Container).Objects[0].(*kit.Text).Text()+"|"+f.values[i].Text())
		}
		if all := strings.Join(got, ", "); all != c.want || fresh != c.fresh {
			t.Errorf("%q, new lines %v, want %q, %v", all, fresh, c.want, c.fresh)
		}
	}
}
