using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Trees;
using ContainerTools.TestSupport;

namespace ContainerTools.Linux.Tests.Files;

public sealed class FileCallsTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new("ctfile");
    private readonly int _fd;

    public FileCallsTests() => _fd = LinuxException.ThrowIfFailed(
        FileCalls.OpenAt(FileCalls.WorkingDirectory, PathBytes.Terminated(_directory.Path), OpenFlags.ReadOnly | OpenFlags.Directory), "open");

    [Fact]
    public void ResolvingStaysBeneath()
    {
        Command.Run("bash", ["-euc", "mkdir -p a/b; ln -s / a/out; ln -s b a/in; ln -s ../.. a/up"], workingDirectory: _directory.Path).Succeeded();
        const int directory = OpenFlags.Path;
        Assert.Equal(-Errno.EXDEV, FileCalls.OpenAt2(_fd, "a/out/etc\0"u8, directory, 0, ResolveFlags.Beneath));
        Assert.Equal(-Errno.EXDEV, FileCalls.OpenAt2(_fd, "a/up\0"u8, directory, 0, ResolveFlags.Beneath));
        Assert.Equal(-Errno.EXDEV, FileCalls.OpenAt2(_fd, "/etc\0"u8, directory, 0, ResolveFlags.Beneath));
        Assert.Equal(-Errno.ELOOP, FileCalls.OpenAt2(_fd, "a/in/x\0"u8, directory, 0, ResolveFlags.NoSymbolicLinks));
        Assert.True(Closed(FileCalls.OpenAt2(_fd, "a/in\0"u8, directory, 0, ResolveFlags.Beneath)) >= 0);
        Assert.Equal(-Errno.ENOENT, FileCalls.OpenAt2(_fd, "a/out/etc\0"u8, directory, 0, ResolveFlags.InRoot));
    }

    [Fact]
    public void DeviceNumbersOfAnySizeAreMade()
    {
        Assert.Equal(0, FileCalls.MakeNodeAt(_fd, "n\0"u8, FileType.CharacterDevice, 0x1B6, 4095, 1_048_575));
        Assert.Equal("fff:fffff", Command.Run("stat", "-c", "%t:%T", _directory["n"]).Succeeded().Output.Trim());
        Assert.Equal(0, FileCalls.StatusAt(_fd, "n\0"u8, out var status));
        Assert.Equal((FileType.CharacterDevice, 4095u, 1_048_575u, false), (status.Type, status.NodeMajor, status.NodeMinor, status.IsWhiteout));
    }

    [Fact]
    public void TimesBefore1970AndNanosecondsAreKept()
    {
        Assert.Equal(0, FileCalls.SymbolicLinkAt("t\0"u8, _fd, "l\0"u8));
        Assert.Equal(0, FileCalls.SetTimesAt(_fd, "l\0"u8, new FileTime(5, 6), new FileTime(-2, 500_000_000)));

        // find prints the two fields as they are: seconds -2, and half a second more.
        Assert.Equal("-2.5000000000", Command.Run("find", _directory["l"], "-printf", "%T@").Succeeded().Output);
        Assert.Equal(0, FileCalls.StatusAt(_fd, "l\0"u8, out var status));
        Assert.Equal((new FileTime(5, 6), new FileTime(-2, 500_000_000)), (status.AccessTime, status.ModifyTime));
    }

    [Fact]
    public void AttributesOfLinksAndFilesAreTheirOwn()
    {
        Assert.Equal(0, FileCalls.SymbolicLinkAt("f\0"u8, _fd, "l\0"u8));
        File.WriteAllText(_directory["f"], "");
        Assert.Equal(0, FileCalls.SetExtendedAttributeAt(_fd, "l\0"u8, "trusted.x\0"u8, "link"u8));
        Assert.Equal(0, FileCalls.SetExtendedAttributeAt(_fd, "f\0"u8, "trusted.x\0"u8, [0, 255]));
        byte[] value = new byte[16];
        Assert.Equal("link", Encoding.ASCII.GetString(value, 0, FileCalls.GetExtendedAttributeAt(_fd, "l\0"u8, "trusted.x\0"u8, value)));
        Assert.Equal("00FF", Convert.ToHexString(value, 0, FileCalls.GetExtendedAttributeAt(_fd, "f\0"u8, "trusted.x\0"u8, value)));
        Assert.Equal(-Errno.ENODATA, FileCalls.GetExtendedAttributeAt(_fd, "f\0"u8, "trusted.y\0"u8, value));
    }

    [Fact]
    public void NamesOfAnyBytesAreListed()
    {
        Command.Run("bash", ["-euc", "for i in $(seq 2000); do : > file-with-a-longish-name-$i; done; : > $'\\xff'; mkdir d"], workingDirectory: _directory.Path).Succeeded();
        int count = 0;
        using (var entries = new DirectoryEntries(_fd))
        {
            bool odd = false;
            while (entries.MoveNext())
            {
                count++;
                odd |= entries.Name is [0xff, 0];
                Assert.Equal(entries.Name is [(byte)'d', 0] ? FileType.Directory : FileType.Regular, entries.Type);
            }

            Assert.True(odd);
        }

        Assert.Equal(2002, count);
    }

    [Fact]
    public void ATreeOfAnyDepthIsRemovedAndNoLinkFollowed()
    {
        File.WriteAllText(_directory["victim"], "mine");

        // Deeper than any path is long, more directories than descriptors.
        Command.Run("bash", ["-euc", """
            mkdir tree; cd tree; ln -s ../victim link; mkdir wide; for i in $(seq 300); do mkdir wide/$i; : > wide/$i/f; done; chmod 0 wide/7
            name=$(printf 'd%.0s' $(seq 200)); for i in $(seq 200); do mkdir $name; cd $name; ln -s / root; done
            """], workingDirectory: _directory.Path).Succeeded();
        TreeRemoval.Remove(_directory["tree"]);
        TreeRemoval.Remove(_directory["tree"]);
        Assert.Equal([_directory["victim"]], Directory.GetFileSystemEntries(_directory));
    }

    [Fact]
    public void WhatIsMountedInATreeIsNotRemoved()
    {
        Directory.CreateDirectory(_directory["tree/mount"]);
        Command.Run("mount", "-t", "tmpfs", "tmpfs", _directory["tree/mount"]).Succeeded();
        File.WriteAllText(_directory["tree/mount/f"], "mine");
        Assert.Equal(Errno.EXDEV, Assert.Throws<LinuxException>(() => TreeRemoval.Remove(_directory["tree"])).Errno);
        Assert.True(File.Exists(_directory["tree/mount/f"]));
    }

    [Fact]
    public void ACopyKeepsEverything()
    {
        Command.Run("bash", ["-euc", """
            truncate -s 5M f; printf data | dd of=f bs=1 seek=3000000 conv=notrunc status=none; chown 7:8 f; setfattr -n user.x -v 0x00ff f
            setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 f; chmod 6755 f; touch -d '2001-02-03 04:05:06.789' f; ln -s f l; chown -h 9:9 l; mkfifo -m 600 p; mkdir to
            """], workingDirectory: _directory.Path).Succeeded();
        using var to = FileCalls.Open(_directory["to"], OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (byte[] name in (byte[][])[[.. "f\0"u8], [.. "l\0"u8], [.. "p\0"u8]])
        {
            FileCopy.Copy(_fd, name, (int)to.DangerousGetHandle(), name);
        }

        const string list = "find . -maxdepth 1 ! -type d -printf '%p %y %m %U:%G %T@ %s %l\\n' | sort; sha256sum f; getfattr -Rhd -m - f";
        string Facts(string directory) => Command.Run("bash", ["-euc", list], workingDirectory: directory).Succeeded().Output;
        Assert.Equal(Facts(_directory.Path), Facts(_directory["to"]));
        Assert.True(long.Parse(Command.Run("stat", "-c", "%b", _directory["to/f"]).Succeeded().Output, null) < 100);
    }

    public void Dispose()
    {
        FileCalls.Close(_fd);
        _directory.Dispose();
    }

    private static int Closed(int fd)
    {
        if (fd >= 0)
        {
            FileCalls.Close(fd);
        }

        return fd;
    }
}
