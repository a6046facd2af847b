; Parley-Setup-VERSION.exe: Parley for the person who starts it, without administrator's rights. setup.sh gives
;
;   VERSION  as it is called                STAGE  folder with the files of "Files" below, parley.ico, side.bmp
;   KEY      VERSION so that keys compare   OUT    the setup to be written
;   NUMBERS  VERSION as 1.2.3.0             SIGN   (or not) sign.sh, for the uninstaller; the setup is signed by setup.sh
;   HIGH     VERSION as 1 << 16 | 2         LOW    3 << 16
;   SIZE     KiB installed
;
; On the command line:  /S        silent: nothing is asked, and what is wrong is told by the exit status (and on standard output)
;                       /FORCE    also over a newer version
;                       /D=DIR    the folder; comes last, without quotation marks
; Of the uninstaller:   /S        silent, the data are kept
;                       /PURGE    key, settings and history are removed, too
; Exit status:          0 done; 1 cancelled; 2 broke off (a full disk); 3 a newer version is installed; 4 Parley is running;
;                       5 the folder can't be written; 6 not for this Windows; 7 another setup is running.
;                       Unless it is 0, what was installed before is there and starts.
;
; How a version takes the place of another: everything is unpacked into INSTDIR\parley.new, on the same disk, and only then each file
; of the old one gets a second name in INSTDIR\parley.old and is replaced by a rename; where one can't be, all are put back.

Target amd64-unicode ; before anything else
ManifestDPIAware true
ManifestSupportedOS all
RequestExecutionLevel user
CRCCheck force
AllowSkipFiles off ; a file that can't be written ends the setup
SetOverwrite on
SetCompressor /SOLID lzma
SetCompressorDictSize 80 ; MiB: all of it, as the two programs are alike in much, which lies further apart than the usual 8

!include MUI2.nsh
!include LogicLib.nsh
!include FileFunc.nsh
!include WinVer.nsh

!define UNINSTALL "Software\Microsoft\Windows\CurrentVersion\Uninstall\Parley"
!define SCHEME "Software\Classes\parley"
; What a click on a link runs. Behind -- nothing is an option, whatever quotation marks somebody has put into the link.
!define OPEN '"$INSTDIR\parley.exe" -- "%1"'

Name "Parley"
Caption "Parley ${VERSION}"
BrandingText "Parley ${VERSION}"
OutFile "${OUT}"
InstallDir "$LOCALAPPDATA\Programs\Parley"
InstallDirRegKey HKCU "${UNINSTALL}" "InstallLocation"

VIProductVersion "${NUMBERS}"
VIFileVersion "${NUMBERS}"
VIAddVersionKey "ProductName" "Parley"
VIAddVersionKey "ProductVersion" "${VERSION}"
VIAddVersionKey "FileVersion" "${VERSION}"
VIAddVersionKey "FileDescription" "Parley Setup"
VIAddVersionKey "CompanyName" "The Parley authors"
VIAddVersionKey "LegalCopyright" "The Parley authors, MIT License"

!ifdef SIGN
	!uninstfinalize '"${SIGN}" "%1"' = 0
!endif

; Files does DO with each file that is installed, the programs first.
!macro Files DO
	!insertmacro ${DO} "parley.exe"
	!insertmacro ${DO} "parleyctl.exe"
	!insertmacro ${DO} "LICENSE.txt"
	!insertmacro ${DO} "NOTICES.txt"
	!insertmacro ${DO} "parley.install"
	!insertmacro ${DO} "uninstall.exe"
!macroend

; ------------------------------------------------------------------------------------------------------------------------ what is said

Var Why    ; a sentence, or empty
Var Status ; the exit status that goes with it
Var Before ; the folder of the copy that the list of apps has, if it is another one than INSTDIR; else empty

; Refuse ends the setup, or the uninstaller, which has changed nothing, or put everything back.
!macro Refuse
	SetErrorLevel $Status
	${If} ${Silent}
		System::Call 'kernel32::GetStdHandle(i -11) p .r9' ; whoever catches the output of a silent setup finds the sentence there
		FileWrite $9 "$Why$\r$\n"
	${Else}
		MessageBox MB_OK|MB_ICONSTOP "$Why"
	${EndIf}
	Abort "$Why"
!macroend

; ------------------------------------------------------------------------------------------------------------------- what is in the way

; Look sets Why where FILE in FOLDER can't be replaced: nobody may have it open for that, and a program that runs is open.
!macro Look FOLDER FILE
	${If} $Why == ""
		System::Call 'kernel32::CreateFileW(w "${FOLDER}\${FILE}", i 0x40010000, i 0, p 0, i 3, i 0, p 0) p .r1 ?e'
		Pop $0
		${If} $1 <> -1
			System::Call 'kernel32::CloseHandle(p r1)'
		${ElseIf} $0 = 32 ; ERROR_SHARING_VIOLATION
			StrCpy $Status 4
			StrCpy $Why "Parley is running: ${FILE} is in use. Please close it (its icon beside the clock has a menu) and try again. \
Nothing was changed."
		${ElseIf} $0 <> 2 ; ERROR_FILE_NOT_FOUND
		${AndIf} $0 <> 3 ; ERROR_PATH_NOT_FOUND
			StrCpy $Status 5
			StrCpy $Why "${FILE} in ${FOLDER} can't be changed (error $0). Nothing was changed."
		${EndIf}
	${EndIf}
!macroend

; Closed returns when no program of ours runs, and refuses else. A virus scanner has a new file open for a moment: that passes.
!macro Closed
	${Do}
		StrCpy $2 0
		${Do}
			StrCpy $Why ""
			!insertmacro Look "$INSTDIR" "parley.exe"
			!insertmacro Look "$INSTDIR" "parleyctl.exe"
			${If} $Why == ""
			${AndIf} $Before != ""
				!insertmacro Look "$Before" "parley.exe"
				!insertmacro Look "$Before" "parleyctl.exe"
				${If} $Status <> 4 ; what can't be changed there stays, and is in nobody's way
					StrCpy $Why ""
				${EndIf}
			${EndIf}
			${If} $Why == ""
			${OrIf} $2 = 20
				${ExitDo}
			${EndIf}
			IntOp $2 $2 + 1
			Sleep 100
		${Loop}
		${If} $Why == ""
			${ExitDo}
		${EndIf}
		${If} ${Silent}
		${OrIf} $Status <> 4
			!insertmacro Refuse
		${EndIf}
		${If} ${Cmd} `MessageBox MB_RETRYCANCEL|MB_ICONEXCLAMATION "$Why" IDCANCEL`
			SetErrorLevel $Status
			Abort "$Why"
		${EndIf}
	${Loop}
!macroend

; Newer sets $2 to the version of the program in FOLDER where it is newer than ours.
!macro Newer FOLDER
	ClearErrors
	GetDLLVersion "${FOLDER}\parley.exe" $3 $4
	${IfNot} ${Errors}
		${If} $3 = ${HIGH}
			IntOp $8 $4 - ${LOW}
		${Else}
			IntOp $8 $3 - ${HIGH}
		${EndIf}
		${If} $8 > 0
			IntOp $5 $3 >> 16
			IntOp $6 $3 & 0xFFFF
			IntOp $7 $4 >> 16
			StrCpy $2 "$5.$6.$7"
		${EndIf}
	${EndIf}
	ClearErrors
!macroend

; Older refuses to replace a newer version, unless it is told to: the one of the last setup, or the program itself, which may have kept
; itself current since, where it is and where ours is to be.
Function Older
	${GetParameters} $0
	ClearErrors
	${GetOptions} $0 "/FORCE" $1
	${IfNot} ${Errors}
		Return
	${EndIf}
	StrCpy $2 ""
	ReadRegStr $0 HKCU "${UNINSTALL}" "VersionKey"
	${If} $0 != ""
		StrCpy $1 "${KEY}"
		; As bytes: StrCmp does not tell greater from less, and lstrcmp sorts like a dictionary.
		System::Call 'kernel32::CompareStringOrdinal(w r0, i -1, w r1, i -1, i 0) i .r3'
		${If} $3 = 3 ; CSTR_GREATER_THAN
			ReadRegStr $2 HKCU "${UNINSTALL}" "DisplayVersion"
		${EndIf}
	${EndIf}
	!insertmacro Newer "$INSTDIR"
	ReadRegStr $0 HKCU "${UNINSTALL}" "InstallLocation"
	${If} $0 != ""
		!insertmacro Newer "$0"
	${EndIf}
	ClearErrors
	${If} $2 != ""
		StrCpy $Status 3
		StrCpy $Why "Parley $2 is installed, which is newer than this setup's ${VERSION}. It was left as it is. \
(To go back all the same, start this setup with /FORCE.)"
		!insertmacro Refuse
	${EndIf}
FunctionEnd

; ----------------------------------------------------------------------------------------------------------------------------- pages

!define MUI_ICON "${STAGE}/parley.ico"
!define MUI_UNICON "${STAGE}/parley.ico"
!define MUI_WELCOMEFINISHPAGE_BITMAP "${STAGE}/side.bmp"
!define MUI_WELCOMEFINISHPAGE_BITMAP_STRETCH AspectFitHeight
!define MUI_ABORTWARNING
!insertmacro MUI_PAGE_DIRECTORY
!insertmacro MUI_PAGE_INSTFILES
!define MUI_FINISHPAGE_TEXT "Parley is installed.$\r$\n$\r$\n\
At the first call Windows may ask whether Parley may use the network: allow it. \
It is needed to host a call, and lets others reach you without a detour."
!define MUI_FINISHPAGE_RUN "$INSTDIR\parley.exe"
!define MUI_FINISHPAGE_SHOWREADME ""
!define MUI_FINISHPAGE_SHOWREADME_TEXT "Put an icon on the desktop"
!define MUI_FINISHPAGE_SHOWREADME_NOTCHECKED
!define MUI_FINISHPAGE_SHOWREADME_FUNCTION Desktop
!insertmacro MUI_PAGE_FINISH
!insertmacro MUI_UNPAGE_CONFIRM
!insertmacro MUI_UNPAGE_INSTFILES
!insertmacro MUI_LANGUAGE "English"

Function Desktop
	CreateShortcut "$DESKTOP\Parley.lnk" "$INSTDIR\parley.exe"
FunctionEnd

; ----------------------------------------------------------------------------------------------------------------------------- setup

Function .onInit
	SetShellVarContext current
	${IfNot} ${AtLeastWin10}
		StrCpy $Status 6
		StrCpy $Why "Parley needs Windows 10 or later."
		!insertmacro Refuse
	${EndIf}
	System::Call 'kernel32::CreateMutexW(p 0, i 0, w "chat.parley.app.setup") p .r1 ?e'
	Pop $0
	${If} $0 = 183 ; ERROR_ALREADY_EXISTS
		StrCpy $Status 7
		StrCpy $Why "Another setup of Parley is running."
		!insertmacro Refuse
	${EndIf}
	Call Older
FunctionEnd

; What broke off while unpacking leaves nothing.
Function .onInstFailed
	SetOutPath "$TEMP"
	RMDir /r "$INSTDIR\parley.new"
	RMDir "$INSTDIR\parley.old"
	RMDir "$INSTDIR"
FunctionEnd

; Keep gives what is there a second name, from which it can come back.
!macro Keep FILE
	${If} $Why == ""
	${AndIf} ${FileExists} "$INSTDIR\${FILE}"
		System::Call 'kernel32::CreateHardLinkW(w "$INSTDIR\parley.old\${FILE}", w "$INSTDIR\${FILE}", p 0) i .r0'
		${If} $0 = 0 ; no links on this disk: a copy is as good
			System::Call 'kernel32::CopyFileW(w "$INSTDIR\${FILE}", w "$INSTDIR\parley.old\${FILE}", i 0) i .r0 ?e'
			Pop $1
		${EndIf}
		${If} $0 = 0
			StrCpy $Why "${FILE} could not be kept (error $1)."
		${EndIf}
	${EndIf}
!macroend

; Place puts the new file where the old one is, in one step and on the disk (MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH).
!macro Place FILE
	${If} $Why == ""
		System::Call 'kernel32::MoveFileExW(w "$INSTDIR\parley.new\${FILE}", w "$INSTDIR\${FILE}", i 9) i .r0 ?e'
		Pop $1
		${If} $0 = 0
			StrCpy $Why "${FILE} could not be replaced (error $1)."
		${EndIf}
	${EndIf}
!macroend

; Undo puts the old file back where a new one is already: it is no more where it was unpacked. What can't be put back stays in parley.old.
!macro Undo FILE
	${If} ${FileExists} "$INSTDIR\parley.new\${FILE}"
		Delete "$INSTDIR\parley.old\${FILE}"
	${ElseIf} ${FileExists} "$INSTDIR\parley.old\${FILE}"
		System::Call 'kernel32::MoveFileExW(w "$INSTDIR\parley.old\${FILE}", w "$INSTDIR\${FILE}", i 9)'
	${Else}
		Delete "$INSTDIR\${FILE}"
	${EndIf}
!macroend

Section
	Call Older ; once more: the folder may be another one by now
	ReadRegStr $Before HKCU "${UNINSTALL}" "InstallLocation"
	${If} $Before == $INSTDIR
		StrCpy $Before ""
	${EndIf}
	!insertmacro Closed

	RMDir /r "$INSTDIR\parley.new" ; of a setup that was broken off by a power cut
	RMDir /r "$INSTDIR\parley.old"
	ClearErrors
	CreateDirectory "$INSTDIR\parley.old"
	SetOutPath "$INSTDIR\parley.new"
	${If} ${Errors}
		StrCpy $Status 5
		StrCpy $Why "The folder $INSTDIR can't be written. Nothing was changed."
		!insertmacro Refuse
	${EndIf}
	File "${STAGE}/parley.exe"
	File "${STAGE}/parleyctl.exe"
	File "${STAGE}/LICENSE.txt"
	File "${STAGE}/NOTICES.txt"
	FileOpen $0 "parley.install" w ; how this copy came here; the part that keeps Parley current reads it
	FileWrite $0 "nsis$\r$\n"
	FileClose $0
	WriteUninstaller "$INSTDIR\parley.new\uninstall.exe"
	${If} ${Errors}
		StrCpy $Status 2
		StrCpy $Why "The new version could not be unpacked into $INSTDIR: is the disk full? Nothing was changed."
		!insertmacro Refuse
	${EndIf}

	StrCpy $Why ""
	!insertmacro Files Keep
	!insertmacro Files Place
	${If} $Why != ""
		!insertmacro Files Undo
		StrCpy $Status 5
		StrCpy $Why "$Why The version before was put back."
		!insertmacro Refuse
	${EndIf}
	SetOutPath "$INSTDIR"
	RMDir /r "$INSTDIR\parley.old"

	; Another folder than the last time: that copy goes, and takes its entries along before ours are written. Where parley.new is there, too,
	; it is this folder by another name. What can't go keeps its uninstaller.
	${If} $Before != ""
	${AndIf} ${FileExists} "$Before\uninstall.exe"
	${AndIfNot} ${FileExists} "$Before\parley.new"
		StrCpy $2 ""
		${If} ${FileExists} "$DESKTOP\Parley.lnk"
			StrCpy $2 "icon"
		${EndIf}
		StrCpy $1 ""
		ExecWait '"$Before\uninstall.exe" /S _?=$Before' $1
		${If} $1 == 0
			Delete "$Before\uninstall.exe"
			RMDir "$Before"
		${Else}
			DetailPrint "The Parley in $Before could not be removed, and is still there."
		${EndIf}
		${If} $2 != ""
			Call Desktop
		${EndIf}
	${EndIf}
	RMDir /r "$INSTDIR\parley.new"

	WriteRegStr HKCU "${SCHEME}" "" "URL:Parley invite"
	WriteRegStr HKCU "${SCHEME}" "URL Protocol" ""
	WriteRegStr HKCU "${SCHEME}\DefaultIcon" "" '"$INSTDIR\parley.exe",0'
	WriteRegStr HKCU "${SCHEME}\shell\open\command" "" '${OPEN}'
	WriteRegStr HKCU "${UNINSTALL}" "DisplayName" "Parley"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayVersion" "${VERSION}"
	WriteRegStr HKCU "${UNINSTALL}" "VersionKey" "${KEY}"
	WriteRegStr HKCU "${UNINSTALL}" "Publisher" "The Parley authors"
	WriteRegStr HKCU "${UNINSTALL}" "DisplayIcon" "$INSTDIR\parley.exe"
	WriteRegStr HKCU "${UNINSTALL}" "InstallLocation" "$INSTDIR"
	WriteRegStr HKCU "${UNINSTALL}" "UninstallString" '"$INSTDIR\uninstall.exe"'
	WriteRegStr HKCU "${UNINSTALL}" "QuietUninstallString" '"$INSTDIR\uninstall.exe" /S'
	WriteRegDWORD HKCU "${UNINSTALL}" "EstimatedSize" ${SIZE}
	WriteRegDWORD HKCU "${UNINSTALL}" "NoModify" 1
	WriteRegDWORD HKCU "${UNINSTALL}" "NoRepair" 1
	CreateShortcut "$SMPROGRAMS\Parley.lnk" "$INSTDIR\parley.exe"
	System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)' ; SHCNE_ASSOCCHANGED: browsers find the scheme at once
SectionEnd

; ----------------------------------------------------------------------------------------------------------------------- uninstaller

Function un.onInit
	SetShellVarContext current
FunctionEnd

!macro Remove FILE
	Delete "$INSTDIR\${FILE}"
!macroend

; Data removes what Parley has kept about the person: the profile folder, and what its window remembers. Files received stay.
!macro Data
	${If} $APPDATA != ""
		RMDir /r "$APPDATA\parley"
		RMDir /r "$APPDATA\fyne\chat.parley.app"
		RMDir "$APPDATA\fyne"
	${EndIf}
!macroend

Section "Uninstall"
	!insertmacro Closed
	!insertmacro Files Remove
	Delete "$INSTDIR\parley.exe.old" ; of an update
	Delete "$INSTDIR\parley.exe.new"
	Delete "$INSTDIR\parley.exe.bad"
	Delete "$INSTDIR\parley.exe.lock"
	RMDir /r "$INSTDIR\parley.new"
	RMDir /r "$INSTDIR\parley.old"
	RMDir "$INSTDIR" ; unless somebody keeps something there
	Delete "$SMPROGRAMS\Parley.lnk"
	Delete "$DESKTOP\Parley.lnk"
	ReadRegStr $0 HKCU "${SCHEME}\shell\open\command" ""
	${If} $0 == '${OPEN}' ; and not of a copy elsewhere
		DeleteRegKey HKCU "${SCHEME}"
	${EndIf}
	ReadRegStr $0 HKCU "${UNINSTALL}" "InstallLocation"
	${If} $0 == $INSTDIR
		DeleteRegKey HKCU "${UNINSTALL}"
	${EndIf}
	${GetParameters} $0
	${GetOptions} $0 "/PURGE" $1
	${IfNot} ${Errors}
		!insertmacro Data
	${ElseIf} ${Cmd} `MessageBox MB_YESNO|MB_ICONQUESTION|MB_DEFBUTTON2 "Remove your Parley key, settings and history, too? \
Without the key nobody will know you again: servers and friends will take you for somebody else." /SD IDNO IDYES`
		!insertmacro Data
	${EndIf}
	System::Call 'shell32::SHChangeNotify(i 0x08000000, i 0, p 0, p 0)'
SectionEnd
