
namespace ContainerTools.Module.Tests;

/// <summary>The files of a RUN become its layer as they are: that must be the layer which everybody else unpacks from its tar.</summary>
[Collection(ModuleCollection.Name)]
public sealed class BuildLayerTests(ModuleFixture module) : BuildTest(module)
{
    private const string Script = """
        FROM test/busybox:1
        RUN mkdir -p /d/keep /d/gone /o/sub /e/f && echo 1 > /d/gone/f && echo 2 > /d/keep/f && echo 3 > /o/sub/x && echo 4 > /o/y && echo 5 > /same && echo 6 > /file && mkdir /dir && ln -s d /link && chown 3:4 /o
        RUN rm -r /d/gone /o && mkdir /o && echo new > /o/z && mkdir /o/sub && chmod 700 /d/keep && ln /d/keep/f /hard && ln /hard /second && mkfifo /d/fifo && \
            rm /file && mkdir -p /file/in && rmdir /dir && echo x > /dir && touch -d 2001-02-03 /e && chown -h 5:6 /link && cat /same > /copy && chown 0:0 /same && dd if=/dev/zero of=/sparse bs=1 count=1 seek=1000000
        RUN --mount=type=tmpfs,target=/mnt/a/b --mount=type=tmpfs,target=/d/keep/at echo x > /mnt/a/b/x && echo 7 > /e/f/new && rm -f /nothing && mkdir /gone && rmdir /gone
        RUN --mount=type=tmpfs,target=/e/f/at true
        RUN --security=insecure mknod /dev-node c 1 3 && chmod 755 / && touch -d 2002-03-04 / && rm -r /d && \
            nc -lk local:/socket & sleep 0.5; rm -r /o; mkdir /o; touch /o/only
        CMD ["cat", "/o/only"]
        """;

    [Fact]
    public void What_a_command_has_changed_is_on_disk_as_if_it_were_unpacked()
    {
        Write(Script);
        Build("-AllowInsecure");
        var digests = Module.Run("$i = Get-Image test/built:1; $i.Config.RootFs.DiffIds | ForEach-Object { \"$_\" }; $i | Export-Image -Path $args[0]", Context["image.tar"]).Succeeded().Lines;
        Assert.Equal(5, digests.Count(d => d!.StartsWith("sha256:", StringComparison.Ordinal)));
        string ours = Layers();
        using (new OtherStore(Module))
        {
            Module.Run("$null = Import-Image $args[0]", Context["image.tar"]).Succeeded();
            string theirs = Layers();
            Assert.Contains("opaque", theirs, StringComparison.Ordinal);
            Assert.Equal(theirs, ours);
        }
        NothingLeft();

        string Layers() => Shell($"""
            cd {Environment.GetEnvironmentVariable("CONTAINERTOOLS_ROOT")}/layers
            for digest in {string.Join(' ', digests.Where(d => d!.StartsWith("sha256:", StringComparison.Ordinal)))}; do
                layer=$(dirname "$(grep -l "diffid $digest" */layer)")
                echo "== $layer"; cat "$layer/layer"
                cd "$layer/fs"
                find . -mindepth 1 -printf '%P %y %m %U:%G %s %n %T@ %l\n' | sed -E 's/( c 0 .*) [0-9.]+ $/\1/' | sort # a whiteout's time says nothing
                find . -printf '%P %y %m %U:%G\n' | head -n 1
                getfattr -h -R -d -m - . | sort
                cd ../..
            done
            """);
    }
}
