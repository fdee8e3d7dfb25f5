package diff

import (
	"testing"

	"github.com/pruner/pruner/iam"
)

func TestListBindsInAnyOrder(t *testing.T) {
	for name, c := range map[string]struct {
		code, live []iam.Pattern
		want       bool
	}{
		"in order":               {[]iam.Pattern{"${b.arn}", "${b.arn}/*"}, []iam.Pattern{"arn:aws:s3:::b", "arn:aws:s3:::b/*"}, true},
		"backwards":              {[]iam.Pattern{"${b.arn}", "${b.arn}/*"}, []iam.Pattern{"arn:aws:s3:::b/*", "arn:aws:s3:::b"}, true},
		"two buckets, mixed":     {[]iam.Pattern{"${a.arn}", "${b.arn}", "${a.arn}/*", "${b.arn}/x"}, []iam.Pattern{"B/x", "A/*", "B", "A"}, true},
		"one name, two meanings": {[]iam.Pattern{"${b.arn}", "${b.arn}/*"}, []iam.Pattern{"arn:aws:s3:::b", "arn:aws:s3:::c/*"}, false},
		"a literal that differs": {[]iam.Pattern{"s3:GetObject", "${x}"}, []iam.Pattern{"s3:PutObject", "y"}, false},
		"one too many":           {[]iam.Pattern{"${x}"}, []iam.Pattern{"a", "b"}, false},
	} {
		words := map[string]string{}
		if got := (binding{}).list(c.code, c.live, words); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		} else if got && len(words) != len(c.live) {
			t.Errorf("%s: words %v do not name all of %v", name, words, c.live)
		}
	}
}

// TestListGivesUp: a hostile list ends the search.
func TestListGivesUp(t *testing.T) {
	var code, live []iam.Pattern
	for range 30 {
		code = append(code, "${a}${b}")
		live = append(live, "xxxxxxxxxx")
	}
	code[29] = "${a}/${b}"
	(binding{}).list(code, live, map[string]string{})
}

// TestInCodeSaysAllThatIsWanted: a statement that is no old one made smaller is
// not silently left out of the edit.
func TestInCodeSaysAllThatIsWanted(t *testing.T) {
	parse := func(text string) *iam.Policy {
		p, err := iam.ParsePolicy([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	live := parse(`{"Version":"2012-10-17","Statement":[
		{"Sid":"A","Effect":"Allow","NotAction":"iam:*","Resource":"*"},
		{"Sid":"B","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"*"}]}`)
	want := parse(`{"Version":"2012-10-17","Statement":[
		{"Sid":"A","Effect":"Allow","Action":"iam:PassRole","Resource":"*"},
		{"Sid":"B","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`)
	words, err := agree(live, live)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := agree(inCode(live, live, want, words), want); err == nil {
		t.Error("the edit would leave out what is wanted, and nobody would know")
	}
}
