using System.Text.Json.Nodes;

namespace ContainerTools.TestSupport;

/// <summary>A one-layer image of Debian's busybox-static, 2 MB: a shell and 300 commands, started in milliseconds.</summary>
public static class BusyboxImage
{
    public const string Program = "/bin/busybox";

    /// <summary>Adds the image to a layout.</summary>
    /// <param name="configure">Changes to the image's config: entrypoint, user, ...</param>
    /// <returns>Its place for skopeo.</returns>
    public static string Write(string layoutDirectory, string tag = "latest", Action<JsonObject>? configure = null)
    {
        var layout = new LayoutBuilder(layoutDirectory).AddLayer(Layer.Value);
        Configure(layout, configure);
        return layout.Write(tag);
    }

    /// <summary>Pushes the image and returns its full name.</summary>
    public static string Push(TestRegistry registry, string nameAndTag = "busybox:latest", Action<JsonObject>? configure = null, string? format = null)
    {
        using var directory = new TemporaryDirectory("ctimg");
        return registry.Push(Write(directory, "latest", configure), nameAndTag, format);
    }

    /// <summary>Writes the image as 'docker save' does.</summary>
    public static void WriteDockerArchive(string file, string nameAndTag = "busybox:latest")
    {
        using var directory = new TemporaryDirectory("ctimg");
        Tools.Skopeo("copy", "--quiet", Write(directory), $"docker-archive:{file}:{nameAndTag}").Succeeded();
    }

    /// <summary>Writes the image as a tar of an OCI image layout.</summary>
    public static void WriteOciArchive(string file, string tag = "latest")
    {
        using var directory = new TemporaryDirectory("ctimg");
        Write(directory, tag);
        Command.Run("tar", "-C", directory, "-cf", file, "oci-layout", "index.json", "blobs").Succeeded();
    }

    /// <summary>Writes the root file system as plain files, for bundles.</summary>
    public static void WriteRootFileSystem(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, "../.busybox.tar"), Layer.Value);
        Command.Run("tar", "-C", directory, "-xpf", Path.Combine(directory, "../.busybox.tar")).Succeeded();
        File.Delete(Path.Combine(directory, "../.busybox.tar"));
    }

    /// <summary>The image's layer, uncompressed.</summary>
    public static byte[] LayerTar => Layer.Value;

    internal static void Configure(LayoutBuilder layout, Action<JsonObject>? configure)
    {
        layout.Config["Env"] = new JsonArray("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
        layout.Config["Cmd"] = new JsonArray("sh");
        configure?.Invoke(layout.Config);
    }

    private static readonly Lazy<byte[]> Layer = new(() =>
    {
        using var directory = new TemporaryDirectory("ctbb");
        var root = directory["root"];
        foreach (var name in new[] { "bin", "etc", "home/user", "proc", "sys", "dev", "root", "var/log", "usr/bin", "usr/local/bin", "tmp" })
        {
            Directory.CreateDirectory(Path.Combine(root, name));
        }
        File.SetUnixFileMode(Path.Combine(root, "tmp"), (UnixFileMode)0b1_111_111_111);
        File.Copy(Program, Path.Combine(root, "bin/busybox"));
        foreach (var applet in Command.Run(Program, "--list").Succeeded().Lines.Where(applet => applet != "busybox"))
        {
            File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        }
        File.WriteAllText(Path.Combine(root, "etc/passwd"),
            "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:A user:/home/user:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n");
        File.WriteAllText(Path.Combine(root, "etc/group"), "root:x:0:\nusers:x:100:user\nextra:x:2000:user\nuser:x:1000:\nnogroup:x:65534:\n");
        Command.Run("chown", "1000:1000", Path.Combine(root, "home/user")).Succeeded();
        Command.Run("tar", "-C", root, "--sort=name", "--mtime=@1700000000", "--numeric-owner", "-cf", directory["layer.tar"], ".").Succeeded();
        return File.ReadAllBytes(directory["layer.tar"]);
    });
}
