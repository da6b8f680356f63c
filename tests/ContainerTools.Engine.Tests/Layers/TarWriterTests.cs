using System.Formats.Tar;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;
using ContainerTools.TestSupport;
using TarEntry = ContainerTools.Engine.Layers.TarEntry;
using TarWriter = ContainerTools.Engine.Layers.TarWriter;

namespace ContainerTools.Engine.Tests.Layers;

public class TarWriterTests
{
    [Fact]
    public void WhatIsWrittenReadsBackTheSame()
    {
        var entries = Entries();
        var read = TarReaderTests.ReadAll(Write(entries));
        Assert.Equal(entries.Select(e => Describe(e.Entry, e.Content)), read.Select(r => Describe(r.Entry, r.Content)));
    }

    [Fact]
    public void GnuTarReadsIt()
    {
        using var directory = new TemporaryDirectory("cttar");
        File.WriteAllBytes(directory["a.tar"], Write(Entries()));
        Directory.CreateDirectory(directory["out"]);
        var result = Command.Run("tar", "--numeric-owner", "--xattrs", "--xattrs-include=*", "-C", directory["out"], "-xpf", directory["a.tar"]).Succeeded();
        Assert.All(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => Assert.Contains("implausibly old time stamp", l, StringComparison.Ordinal));
        Assert.Equal("4755 4000000000 5 1234567890.1234567890", Stat("plain"));
        Assert.Equal("644 0 0 -2.5000000000", Stat(new string('d', 90) + "/" + new string('f', 90)));
        Assert.Contains("user.x=0x00ff0a", Command.Run("getfattr", "-d", "-e", "hex", directory["out/plain"]).Succeeded().Output, StringComparison.Ordinal);
        Assert.Equal(new string('l', 300), new FileInfo(directory["out/link"]).LinkTarget);

        string Stat(string name) => Command.Run("find", directory["out/" + name], "-maxdepth", "0", "-printf", "%m %U %G %T@").Succeeded().Output;
    }

    [Fact]
    public void TheFrameworkReadsIt()
    {
        using var reader = new System.Formats.Tar.TarReader(new MemoryStream(Write(Entries().Where(e => e.Entry.UserId < int.MaxValue).ToList())));
        var names = new List<string>();
        while (reader.GetNextEntry() is { } entry)
        {
            Assert.True(entry.Format is TarEntryFormat.Ustar or TarEntryFormat.Pax);
            names.Add(entry.Name);
        }

        Assert.Equal(Entries().Count - 1, names.Count);
    }

    [Fact]
    public void ContentMustHaveTheSizeThatWasSaid()
    {
        using var writer = new TarWriter(new MemoryStream());
        var entry = new TarEntry { Kind = TarEntryKind.File, Size = 3 };
        entry.SetName("f");
        writer.WriteEntry(entry);
        Assert.Throws<InvalidOperationException>(() => writer.Write(new byte[4]));
        Assert.Throws<InvalidOperationException>(() => writer.WriteEntry(entry));
        Assert.Throws<InvalidOperationException>(writer.Finish);
        writer.WriteZeros(3);
        writer.Finish();
    }

    private static byte[] Write(IReadOnlyList<(TarEntry Entry, byte[] Content)> entries)
    {
        var stream = new MemoryStream();
        using (var writer = new TarWriter(stream))
        {
            foreach (var (entry, content) in entries)
            {
                writer.WriteEntry(entry);
                writer.Write(content);
            }
        }

        return stream.ToArray();
    }

    private static List<(TarEntry Entry, byte[] Content)> Entries()
    {
        var entries = new List<(TarEntry, byte[])>();
        Add(TarEntryKind.File, "plain", 0x9ED, content: "hello"u8.ToArray(), owner: 4_000_000_000, time: new FileTime(1_234_567_890, 123_456_789)).ExtendedAttributes =
            [new TarExtendedAttribute("user.x"u8.ToArray(), [0, 0xff, 10]), new TarExtendedAttribute("user.empty"u8.ToArray(), [])];
        Add(TarEntryKind.Directory, new string('d', 90) + "/", 0x1ED);
        Add(TarEntryKind.File, new string('d', 90) + "/" + new string('f', 90), 0x1A4, content: new byte[512], owner: 0, time: new FileTime(-2, 500_000_000));
        for (int length = 95; length < 105; length++)
        {
            Add(TarEntryKind.File, new string('n', length), 0x180, content: new byte[length]);
            Add(TarEntryKind.SymbolicLink, $"l{length}", 0x1FF).SetLinkName(new string('t', length));
        }

        Add(TarEntryKind.File, new string('x', 100) + "/" + new string('y', 101), 0x180);
        Add(TarEntryKind.SymbolicLink, "link", 0x1FF).SetLinkName(new string('l', 300));
        Add(TarEntryKind.HardLink, "hard", 0x1A4).SetLinkName("plain");
        Add(TarEntryKind.Fifo, "fifo", 0x1A4);
        var device = Add(TarEntryKind.CharacterDevice, "device", 0x1B6);
        device.DeviceMajor = 4095;
        device.DeviceMinor = 1_048_575;
        return entries;

        TarEntry Add(TarEntryKind kind, string name, uint mode, byte[]? content = null, uint owner = 7, FileTime? time = null)
        {
            var entry = new TarEntry
            {
                Kind = kind,
                Mode = mode,
                UserId = owner,
                GroupId = owner == 4_000_000_000 ? 5 : owner,
                Size = content?.Length ?? 0,
                ModifyTime = time ?? new FileTime(1_000_000_000, 0),
            };
            entry.SetName(name);
            entries.Add((entry, content ?? []));
            return entry;
        }
    }

    private static string Describe(TarEntry e, byte[] content) =>
        $"{e.Kind} {e.NameText} {e.LinkText} {e.Mode:x} {e.UserId}:{e.GroupId} {e.Size} {e.ModifyTime} {e.DeviceMajor}:{e.DeviceMinor} {Convert.ToHexString(content)} "
        + string.Join(',', (e.ExtendedAttributes ?? []).Select(a => $"{PathBytes.Display(a.Name)}={Convert.ToHexString(a.Value)}"));
}
