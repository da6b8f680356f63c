using System.Text.Json.Nodes;

namespace ContainerTools.TestSupport;

/// <summary>
/// A four-layer image on busybox with one of each thing a layer can hold and one of each thing a config can say. What is where:
/// <list type="bullet">
/// <item>config: entrypoint "/bin/sh -c", command "echo from-image $GREETING", GREETING="hello world", user "user", working directory /work,
/// volume /data, stop signal SIGUSR1, label tests.kind=features, exposed port 80</item>
/// <item>/files/hard-a and /files/hard-b: one inode; /files/link -> hard-a; /files/setuid 04755 root; /files/owned 0640 1000:2000;
/// /files/xattr: user.note; /files/capable: security.capability (cap_net_raw=ep), binary; /files/sparse: 1 MiB, one block;
/// /files/fifo; /files/null: char 1:3; /files/loop: block 7:0; "/files/name with spaces"; a 200-byte name; /files/sub/time: 2001-02-03</item>
/// <item>/gone (layer 1) has a whiteout in layer 2; /opaque has old files in layer 1, an opaque marker and 'new' in layer 2;
/// /replaced is a directory in layer 1, a file in layer 2; layer 3 has files whose parent directories only lower layers describe,
/// and a hard link to a file of layer 1; /back is deleted in layer 2 and there again in layer 3</item>
/// <item>/data: content that a new volume takes over, owned by 1000:1000, mode 0750</item>
/// </list>
/// </summary>
public static class FeatureImage
{
    private static readonly Lazy<byte[][]> Layers = new(MakeLayers);

    /// <summary>The layers above busybox's, uncompressed.</summary>
    public static IReadOnlyList<byte[]> LayerTars => Layers.Value;

    public static string Write(string layoutDirectory, string tag = "features", BlobCompression compression = BlobCompression.Gzip)
    {
        var layout = new LayoutBuilder(layoutDirectory).AddLayer(BusyboxImage.LayerTar, compression);
        foreach (var layer in Layers.Value)
        {
            layout.AddLayer(layer, compression);
        }
        BusyboxImage.Configure(layout, config =>
        {
            config["Entrypoint"] = new JsonArray("/bin/sh", "-c");
            config["Cmd"] = new JsonArray("echo from-image $GREETING");
            config["Env"]!.AsArray().Add("GREETING=hello world");
            config["User"] = "user";
            config["WorkingDir"] = "/work";
            config["Volumes"] = new JsonObject { ["/data"] = new JsonObject() };
            config["StopSignal"] = "SIGUSR1";
            config["Labels"] = new JsonObject { ["tests.kind"] = "features" };
            config["ExposedPorts"] = new JsonObject { ["80/tcp"] = new JsonObject() };
        });
        return layout.Write(tag);
    }

    public static string Push(TestRegistry registry, string nameAndTag = "features:latest", string? format = null)
    {
        using var directory = new TemporaryDirectory("ctimg");
        return registry.Push(Write(directory), nameAndTag, format);
    }

    private static byte[][] MakeLayers()
    {
        using var directory = new TemporaryDirectory("ctfeat");
        const string First = """
            mkdir -p files/sub work data opaque/deep replaced gone back
            echo content > files/hard-a; ln files/hard-a files/hard-b; ln -s hard-a files/link
            echo suid > files/setuid; chmod 04755 files/setuid
            echo owned > files/owned; chown 1000:2000 files/owned; chmod 0640 files/owned
            echo x > files/xattr; setfattr -n user.note -v 'a note' files/xattr
            cp /bin/busybox files/capable; setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 files/capable
            truncate -s 1M files/sparse; printf data | dd of=files/sparse bs=1 seek=524288 conv=notrunc status=none
            mkfifo files/fifo; mknod files/null c 1 3; chmod 666 files/null; mknod files/loop b 7 0
            echo s > 'files/name with spaces'
            long=$(printf 'n%.0s' $(seq 200)); echo long > files/$long; ln -s $long files/to-long
            echo t > files/sub/time; touch -d '2001-02-03 04:05:06.789 UTC' files/sub/time files/sub
            echo volume > data/file; chown -R 1000:1000 data; chmod 0750 data
            echo old > opaque/old; echo old > opaque/deep/old; chmod 0711 opaque
            echo d > replaced/in-directory; echo gone > gone/file; echo was > back/file; echo kept > work/kept
            chown 1000:1000 work
            """;
        const string Second = """
            mkdir -p opaque
            touch .wh.gone opaque/.wh..wh..opq .wh.back
            echo new > opaque/new; chmod 0711 opaque
            echo now-a-file > replaced
            mkdir -p work; touch work/.wh.kept; chown 1000:1000 work
            """;
        const string Third = """
            mkdir -p files/sub back
            echo upper > files/sub/upper; echo again > back/file2
            """;
        var layers = new[] { First, Second, Third }.Select((script, index) =>
        {
            var root = directory[$"layer{index}"];
            Directory.CreateDirectory(root);
            Command.Run("bash", ["-euc", script], workingDirectory: root).Succeeded();
            return root;
        }).ToArray();
        string[] common = ["--sort=name", "--numeric-owner", "--format=posix", "--xattrs", "--xattrs-include=*", "--sparse"];
        Tar(["-C", layers[0], .. common, "-cf", directory["0.tar"], "."]);
        Tar(["-C", layers[1], .. common, "-cf", directory["1.tar"], "."]);
        // Only the files: their directories are described by the layers below. GNU tar writes the hard link to what
        // the layer does not contain only when it sees the target first, so the member is deleted from the archive again.
        var third = layers[2];
        Command.Run("bash", ["-euc", "cp -a ../layer0/files/owned files/owned; ln files/owned files/hard-c"], workingDirectory: third).Succeeded();
        Tar(["-C", third, .. common, "--no-recursion", "-cf", directory["2.tar"], "files/sub/upper", "back/file2", "files/owned", "files/hard-c"]);
        Tar(["--delete", "-f", directory["2.tar"], "files/owned"]);
        return [.. Enumerable.Range(0, 3).Select(index => File.ReadAllBytes(directory[$"{index}.tar"]))];
    }

    private static void Tar(IEnumerable<string> arguments) => Command.Run("tar", arguments).Succeeded();
}
