using System.Formats.Tar;
using System.Text;
using ContainerTools.Engine.Layers;
using ContainerTools.Linux.Files;
using ContainerTools.TestSupport;
using TarEntry = ContainerTools.Engine.Layers.TarEntry;
using TarReader = ContainerTools.Engine.Layers.TarReader;

namespace ContainerTools.Engine.Tests.Layers;

public class TarReaderTests
{
    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void WhatTheFrameworkWritesReadsTheSame(TarEntryFormat format)
    {
        using var archive = new MemoryStream();
        var random = new Random(7);
        var written = new List<(string Name, byte[] Content)>();
        using (var writer = new System.Formats.Tar.TarWriter(archive, format, leaveOpen: true))
        {
            for (int i = 0; i < 60; i++)
            {
                byte[] content = new byte[random.Next(3) * random.Next(1500)];
                random.NextBytes(content);
                int length = format switch
                {
                    TarEntryFormat.V7 => 20,
                    TarEntryFormat.Ustar => 40,
                    _ => 300,
                };
                string name = $"d{i}/{new string('n', random.Next(1, length))}{(format == TarEntryFormat.Pax ? "ü" : "")}";
                System.Formats.Tar.TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, name),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, name),
                    _ => new GnuTarEntry(TarEntryType.RegularFile, name),
                };
                entry.DataStream = new MemoryStream(content);
                entry.Uid = 1000 + i;
                entry.Gid = 2000 + i;
                entry.Mode = (UnixFileMode)(0x100 + i);
                entry.ModificationTime = DateTimeOffset.FromUnixTimeSeconds(1_000_000_000 + i);
                writer.WriteEntry(entry);
                written.Add((name, content));
            }
        }

        var read = ReadAll(archive.ToArray());
        Assert.Equal(written.Select(w => (w.Name, Convert.ToHexString(w.Content))), read.Select(r => (r.Entry.NameText, Convert.ToHexString(r.Content))));
        Assert.All(read.Index(), r => Assert.Equal(
            (1000u + (uint)r.Index, 2000u + (uint)r.Index, 0x100u + (uint)r.Index, 1_000_000_000L + r.Index),
            (r.Item.Entry.UserId, r.Item.Entry.GroupId, r.Item.Entry.Mode, r.Item.Entry.ModifyTime.Seconds)));
    }

    [Fact]
    public void AnArchiveThatEndsWithItsLastFilesContentIsWhole()
    {
        // umoci insert writes no padding there and no end; a file's content that is cut short is an error all the same.
        byte[] whole = new RawTar().File("first", "1").File("last", new string('x', 700)).ToArray(end: false);
        int length = whole.Length - (1024 - 700);
        Assert.Equal(["first", "last"], ReadAll(whole[..length]).Select(r => r.Entry.NameText));
        Assert.Equal(["first", "last"], ReadAll(whole[..(length + 10)]).Select(r => r.Entry.NameText));
        Assert.Throws<TarFormatException>(() => ReadAll(whole[..(length - 1)]));
    }

    [Theory]
    [InlineData("--format=gnu")]
    [InlineData("--format=posix --sparse-version=0.0")]
    [InlineData("--format=posix --sparse-version=0.1")]
    [InlineData("--format=posix --sparse-version=1.0")]
    public void SparseFilesOfAllKindsComeOutWhole(string format)
    {
        using var directory = new TemporaryDirectory("cttar");
        Command.Run("bash", ["-euc", $$"""
            truncate -s 20M many; for i in $(seq 0 60); do printf "piece $i" | dd of=many bs=1 seek=$((i*300000)) conv=notrunc status=none; done
            truncate -s 1M holes; truncate -s 1M end; printf head | dd of=end conv=notrunc status=none; echo plain > plain; : > empty
            tar --sparse {{format}} -cf archive.tar many holes end plain empty
            """], workingDirectory: directory.Path).Succeeded();
        var read = ReadAll(File.ReadAllBytes(directory["archive.tar"]));
        Assert.Equal(["many", "holes", "end", "plain", "empty"], read.Select(r => r.Entry.NameText));
        Assert.All(read, r => Assert.True(r.Content.AsSpan().SequenceEqual(File.ReadAllBytes(directory[r.Entry.NameText])), r.Entry.NameText));
        Assert.True(read[0].Entry.IsSparse);
        Assert.True(read[0].Stored < 1 << 20);
    }

    [Theory]
    [InlineData("gnu")]
    [InlineData("posix")]
    [InlineData("oldgnu")]
    public void NamesOfAnyLengthAndAnyBytesComeThrough(string format)
    {
        using var directory = new TemporaryDirectory("cttar");
        Command.Run("bash", ["-euc", $$"""
            mkdir t; cd t; n=$(printf 'n%.0s' $(seq 240)); mkdir -p $n/$n; echo x > $n/$n/$n; ln -s $n/$n/$n $n/link; ln $n/$n/$n $n/hard
            printf y > $'bytes-\xff\xfe'; printf z > $'new\nline'
            tar --format={{format}} -cf ../archive.tar .
            """], workingDirectory: directory.Path).Succeeded();
        var read = ReadAll(File.ReadAllBytes(directory["archive.tar"]));
        string n = new('n', 240);
        Assert.Contains(read, r => r.Entry.Name.Span.SequenceEqual((byte[])[.. "./bytes-"u8, 0xff, 0xfe]));
        Assert.Contains(read, r => r.Entry.Name.Span.SequenceEqual("./new\nline"u8));
        Assert.Contains(read, r => r.Entry.Kind == TarEntryKind.SymbolicLink && r.Entry.LinkName.Span.SequenceEqual(Encoding.ASCII.GetBytes($"{n}/{n}/{n}")));
        Assert.Contains(read, r => r.Entry.Kind == TarEntryKind.HardLink && r.Entry.LinkName.Length > 240);
    }

    [Fact]
    public void AttributesAndTimesOfGnuTarComeThroughByteForByte()
    {
        using var directory = new TemporaryDirectory("cttar");
        Command.Run("bash", ["-euc", """
            echo x > f; setfattr -n user.binary -v 0x000a3d00ff f; setfattr -n user.empty f; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 f
            touch -d '1960-02-03 04:05:06.5 UTC' f
            tar --format=posix --xattrs --xattrs-include='*' -cf archive.tar f
            """], workingDirectory: directory.Path).Succeeded();
        var entry = Assert.Single(ReadAll(File.ReadAllBytes(directory["archive.tar"]))).Entry;
        var attributes = entry.ExtendedAttributes!.ToDictionary(a => Encoding.ASCII.GetString(a.Name), a => Convert.ToHexString(a.Value));
        Assert.Equal("000A3D00FF", attributes["user.binary"]);
        Assert.Equal("", attributes["user.empty"]);
        Assert.Equal("0100000200200000000000000000000000000000", attributes["security.capability"]);
        Assert.Equal(new FileTime(-312_753_294, 500_000_000), entry.ModifyTime);
    }

    [Fact]
    public void LibarchivesAttributesAreUnderstood()
    {
        var entry = Assert.Single(ReadAll(new RawTar().Pax(("LIBARCHIVE.xattr.user.a%3Db", "AP8K"u8.ToArray()), ("LIBARCHIVE.xattr.user.c", "eA"u8.ToArray())).File("f").ToArray())).Entry;
        Assert.Equal(["user.a=b 00FF0A", "user.c 78"], entry.ExtendedAttributes!.Select(a => $"{Encoding.ASCII.GetString(a.Name)} {Convert.ToHexString(a.Value)}"));
    }

    [Fact]
    public void GlobalRecordsHoldUntilLocalOnesOverrideThem()
    {
        var read = ReadAll(new RawTar()
            .Pax('g', ("uid", "7"u8.ToArray()), ("comment", "c"u8.ToArray())).File("a")
            .Pax("uid", "8").File("b").File("c").ToArray());
        Assert.Equal([7u, 8u, 7u], read.Select(r => r.Entry.UserId));
    }

    [Fact]
    public void LargeNumbersComeInBase256AndInPax()
    {
        byte[] large = [0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7];
        var read = ReadAll(new RawTar()
            .Add("a", '0', content: new byte[7], rawSize: large)
            .Pax(("uid", "4000000000"u8.ToArray()), ("gid", "3000000"u8.ToArray()), ("size", "3"u8.ToArray())).Add("b", '0', content: new byte[3], size: 0)
            .ToArray());
        Assert.Equal([7L, 3L], read.Select(r => r.Entry.Size));
        Assert.Equal((4_000_000_000u, 3_000_000u), (read[1].Entry.UserId, read[1].Entry.GroupId));
    }

    [Fact]
    public void OldFormsAreUnderstood()
    {
        var read = ReadAll(new RawTar()
            .Add("dir/", '0', magic: "")
            .Add("name", '\0', content: "x"u8.ToArray(), magic: "")
            .Add("tail", '0', prefix: "head")
            .Add("contiguous", '7', content: "y"u8.ToArray())
            .Add("link", '1', "name", size: 99)
            .ToArray());
        Assert.Equal(["dir/ Directory", "name File", "head/tail File", "contiguous File", "link HardLink"], read.Select(r => $"{r.Entry.NameText} {r.Entry.Kind}"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(10240)]
    public void AnEmptyArchiveHasNoEntries(int zeros) => Assert.Empty(ReadAll(new byte[zeros]));

    [Fact]
    public void TheWholeInputIsReadByDribletsToo()
    {
        byte[] archive = new RawTar().Pax("path", new string('p', 2000)).File("x", new string('c', 5000)).File("y").ToArray();
        var read = ReadAll(new DribblingStream([.. archive, .. new byte[9000]]));
        Assert.Equal([(2000, 5000), (1, 7)], read.Select(r => (r.Entry.Name.Length, r.Content.Length)));
    }

    [Fact]
    public void AnyByteMayBeWrongAndTheErrorStaysOurs()
    {
        // One of each kind, then thousands of variations: whatever happens, it is entries or a TarFormatException.
        byte[] good = new RawTar()
            .Pax(("path", "long"u8.ToArray()), ("SCHILY.xattr.user.x", "v"u8.ToArray()), ("mtime", "1.5"u8.ToArray())).File("a")
            .Add("L", 'L', content: "longname\0"u8.ToArray()).Link("b", "a")
            .Pax(("GNU.sparse.major", "1"u8.ToArray()), ("GNU.sparse.minor", "0"u8.ToArray()), ("GNU.sparse.realsize", "9"u8.ToArray()))
            .Add("s", '0', content: [.. "1\n0\n3\n"u8, .. new byte[506], .. "abc"u8])
            .Device("d", 1, 3).ToArray();
        Assert.Equal(4, ReadAll(good).Count);
        var random = new Random(42);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bad = [.. good];
            for (int n = random.Next(1, 4); n > 0; n--)
            {
                bad[random.Next(bad.Length)] = (byte)random.Next(256);
            }

            FixChecksums(bad);
            try
            {
                ReadAll(random.Next(4) == 0 ? bad[..random.Next(bad.Length)] : bad);
            }
            catch (TarFormatException)
            {
                // As it should be.
            }
        }
    }

    internal static List<(TarEntry Entry, byte[] Content, long Stored)> ReadAll(byte[] archive) => ReadAll(new MemoryStream(archive));

    internal static List<(TarEntry Entry, byte[] Content, long Stored)> ReadAll(Stream archive)
    {
        var result = new List<(TarEntry, byte[], long)>();
        var reader = new TarReader(archive);
        while (reader.MoveNext())
        {
            var e = reader.Entry;
            byte[] content = new byte[e.Size is > 0 and < 1 << 26 ? e.Size : 0];
            long stored = 0;
            while (reader.ReadPiece(out long offset, out var data))
            {
                data.CopyTo(content.AsSpan((int)offset));
                stored += data.Length;
            }

            var copy = new TarEntry
            {
                Kind = e.Kind,
                Name = e.Name.ToArray(),
                LinkName = e.LinkName.ToArray(),
                Size = e.Size,
                Mode = e.Mode,
                UserId = e.UserId,
                GroupId = e.GroupId,
                ModifyTime = e.ModifyTime,
                AccessTime = e.AccessTime,
                DeviceMajor = e.DeviceMajor,
                DeviceMinor = e.DeviceMinor,
                ExtendedAttributes = e.ExtendedAttributes,
                IsSparse = e.IsSparse,
            };
            result.Add((copy, content, stored));
        }

        reader.ReadToEnd();
        return result;
    }

    // So that not only the check of the checksum is tried.
    private static void FixChecksums(byte[] archive)
    {
        for (int i = 0; i + 512 <= archive.Length; i += 512)
        {
            var header = archive.AsSpan(i, 512);
            if (header.Slice(257, 5).SequenceEqual("ustar"u8))
            {
                header.Slice(148, 8).Fill((byte)' ');
                int sum = 0;
                foreach (byte b in header)
                {
                    sum += b;
                }

                Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0')).CopyTo(header[148..]);
                header[154] = 0;
            }
        }
    }

    private sealed class DribblingStream(byte[] data) : MemoryStream(data)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, 97));

        public override int Read(Span<byte> buffer) => base.Read(buffer[..Math.Min(buffer.Length, 97)]);
    }
}
