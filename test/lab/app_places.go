package lab

import "image"

// Where things are in a window of AppWidth by AppHeight at scale 1: the only file of the tests that knows. What is filled with
// one colour, such as a button, is better looked for (App.Filled); this is for the rest. ui/testdata has pictures to measure in.
var (
	NameField    = image.Pt(670, 254) // first start
	HostButton   = image.Pt(760, 519)
	InviteButton = image.Pt(370, 519)

	MuteButton     = image.Pt(473, 768) // the dock, in a channel
	DeafenButton   = image.Pt(555, 768)
	LeaveButton    = image.Pt(760, 768)
	QualityButton  = image.Pt(1172, 768)
	SettingsButton = image.Pt(1242, 768)

	ServerMenu = image.Pt(180, 25)  // the name over the channels
	Search     = image.Pt(1252, 24) // of people
	StatsIcon  = image.Pt(944, 24)  // of the stage
	TextsIcon  = image.Pt(1028, 24) // likewise
	AddChannel = image.Pt(278, 71)  // the owner's
	AddServer  = image.Pt(32, 147)  // with one server in the rail
	PagesClose = image.Pt(1111, 26) // of the settings
	ThemeDark  = image.Pt(1002, 94) // on the page Look
	ThemeLight = image.Pt(1065, 94) //
	MicSelect  = image.Pt(940, 125) // on the page Sound, without its banner
	SpkSelect  = image.Pt(940, 365) //
	LookNow    = image.Pt(545, 147) // on the page Updates, before anybody has looked
	Anywhere   = image.Pt(680, 700) // nothing that could be pressed
)

// Missed is the button over the people that lists the missed calls.
var Missed = image.Rect(1199, 8, 1235, 40)

// NameLetter is the middle of the avatar beside NameField.
var NameLetter = image.Rect(296, 244, 316, 264)

// InviteCard is the part of the first start about an invite.
var InviteCard = image.Rect(285, 325, 631, 555)

// MicBanner is where the first start says that there is no microphone.
var MicBanner = image.Rect(820, 584, 980, 620)

// SpkMenu is the middle of the list that SpkSelect opens, wherever it opens.
var SpkMenu = image.Rect(800, 260, 1060, 640)

// The columns of the window.
var (
	Rail   = image.Rect(0, 0, 64, 736)
	List   = image.Rect(64, 0, 304, 736)
	Stage  = image.Rect(304, 52, 1056, 736)
	People = image.Rect(1056, 0, 1280, 736)
	Dock   = image.Rect(0, 737, 1280, 800)
	Mute   = image.Rect(453, 746, 525, 790) // the button with the meter
	Lines  = image.Rect(360, 560, 920, 736) // announcements, the newest lowest
)

// Floating is where to look for a dialog; it stands in the middle of the window, in all of Dialog or less high.
var (
	Floating = image.Rect(421, 200, 1056, 736)
	Dialog   = image.Rect(421, 200, 859, 600)
	beside   = image.Rect(1036, 690, 1052, 730) // ground, on any page
)

// A call fills all but the rail: the other one's picture of 16 to 9, and one's own on it. A double click has it fill the window.
var (
	CallTile   = image.Rect(96, 70, 1248, 718)
	CallOwn    = image.Rect(992, 567, 1232, 702)
	CallFilled = image.Rect(0, 40, 1280, 760)
)

// ShareBar is the line over everything while one shares a screen; what stands under it is so much lower.
var ShareBar = image.Rect(0, 0, 1280, 52)

// PickerThumb is the small picture of the first screen that can be shared.
var PickerThumb = image.Rect(389, 206, 517, 278)

// PictureTile is the i-th of four people in a channel in which somebody has a picture, and nobody is large. Oneself is the last.
func PictureTile(i int) image.Rectangle {
	const width, height, gap = 468, 263, 8
	at := image.Pt(320+i%2*(width+gap), 127+i/2*(height+gap))
	return image.Rectangle{at, at.Add(image.Pt(width, height))}
}

// PictureLarge is the large one of four.
var PictureLarge = image.Rect(320, 68, 1264, 599)

// ChannelRow is the middle of the channel with that many channels and seats above it, where no channel above has people in it;
// a channel with people is 4 higher, and the last seat in one 8.
func ChannelRow(channels int) image.Point { return image.Pt(184, 104+36*channels) }

// PersonRow is the middle of the i-th line of the people's list, of those under its first head.
func PersonRow(i int) image.Point { return image.Pt(1168, 107+44*i) }

// Seat is the avatar of the i-th person in the first channel, with most of the ring around it.
func Seat(i int) image.Rectangle {
	at := image.Pt(104, 141+30*i)
	return image.Rectangle{at, at}.Inset(-15)
}

// Texts is where what others wrote stands, and under that one writes; the stage is narrower then, and there are no people.
var (
	Texts     = image.Rect(960, 52, 1280, 640)
	TextField = image.Pt(1120, 704)
)

// Files are the lines of the files at the stage's foot, the newest highest.
var Files = image.Rect(304, 528, 1056, 736)

// Page is the i-th line of the settings' list: Sound, Voice, Camera, Keys, Look, You and your key, Privacy, Servers, Connection, Files,
// Updates.
func Page(i int) image.Point { return image.Pt(184, 71+38*i) }

// TileAvatar is the avatar of the i-th of n people on the stage, up to three and in one row, with room for ring and halo. Oneself is the last.
func TileAvatar(i, n int) image.Rectangle {
	const tile, gap = 224, 16
	left := (Stage.Min.X+Stage.Max.X)/2 - (n*tile+(n-1)*gap)/2
	at := image.Pt(left+i*(tile+gap)+tile/2, 354)
	return image.Rectangle{at, at}.Inset(-70)
}
