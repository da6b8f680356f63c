using System.Management.Automation;
using ContainerTools.TestSupport;

namespace ContainerTools.Module.Tests;

[Collection(ModuleCollection.Name)]
public sealed class BuildOutputTests(ModuleFixture module) : BuildTest(module)
{
    private const string File1 = """
        FROM test/busybox:1 AS build
        RUN echo tool > /tool && chown 7:8 /tool && chmod 4755 /tool
        FROM scratch
        COPY --from=build /tool /bin/tool
        COPY src/link src/a.txt /data/
        """;

    [Fact]
    public void The_files_go_to_a_directory_or_a_tar_and_no_image_is_kept()
    {
        Write(File1);
        string images = string.Join(' ', Module.Run("Get-Image").Succeeded().Lines);
        Assert.Equal(Context["out"], Module.Run("(Build-Image $args[0] -Output \"$($args[0])/out\").FullName", Context.Path).Succeeded().Lines[0]);
        Assert.Equal("0:0 4755 tool|hello|hello", Shell("stat -c '%u:%g %a %n' out/bin/tool | sed 's,out/bin/,,'; cat out/data/a.txt out/data/link").Trim().ReplaceLineEndings("|"));
        Assert.Equal(images, string.Join(' ', Module.Run("Get-Image").Succeeded().Lines));

        // Into a directory that has something: what else is there stays, and links there are not followed.
        Shell("mkdir -p there/data away; echo mine > there/mine; ln -s $PWD/away there/bin; echo old > there/data/a.txt");
        Module.Run("Build-Image $args[0] -Output @{ type = 'local'; dest = \"$($args[0])/there\" }", Context.Path).Succeeded();
        Assert.Equal("mine hello tool", Shell("cat there/mine there/data/a.txt there/bin/tool").Trim().ReplaceLineEndings(" "));
        Assert.Equal("", Shell("ls away"));

        Module.Run("Build-Image $args[0] -Output type=tar,dest=$($args[0])/out.tar", Context.Path).Succeeded();
        Assert.Equal("bin/ bin/tool data/ data/a.txt data/link", Shell("tar -tf out.tar").Trim().ReplaceLineEndings(" "));
        Assert.Equal("7/8", Shell("tar --numeric-owner -tvf out.tar bin/tool").Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
        Assert.Equal("", Shell("ls -A | grep '^\\.out\\|^\\.there' || true"));
    }

    [Fact]
    public void Archives_are_read_by_others()
    {
        Write(File1);
        Module.Run("$null = Build-Image $args[0] -Tag test/built:1 -Output type=oci,dest=$($args[0])/oci.tar, type=docker,dest=$($args[0])/docker.tar", Context.Path).Succeeded();
        string id = Module.Run("(Get-Image test/built:1).Id").Succeeded().Lines[0]!;
        Shell("mkdir layout; tar -xf oci.tar -C layout");
        Assert.Contains(id[7..], Tools.Skopeo("inspect", "--raw", $"oci:{Context["layout"]}").Succeeded().Output, StringComparison.Ordinal);
        Assert.Contains("test/built:1", Shell("tar -xOf docker.tar manifest.json"), StringComparison.Ordinal);
        Tools.Skopeo("inspect", $"docker-archive:{Context["docker.tar"]}").Succeeded();
    }

    [Fact]
    public void A_build_that_fails_leaves_what_was_there()
    {
        Write("FROM test/busybox:1\nRUN false\n");
        Shell("mkdir -p out; echo old > out/old; echo old > out.tar");
        Module.Run("Build-Image $args[0] -Output $args[1], \"type=tar,dest=$($args[1]).tar\"", Context.Path, Context["out"]).FailedWith("BuildRunFailed", ErrorCategory.InvalidData);
        Assert.Equal("old old old", $"{Shell("ls out").Trim()} {Shell("cat out/old out.tar").Trim().ReplaceLineEndings(" ")}");
        Write(File1);
        // The second cannot be written, so the first is not either.
        Module.Run("Build-Image $args[0] -Tag test/built:1 -Output $args[1], type=tar,dest=/proc/x.tar", Context.Path, Context["out"]).FailedWith("BuildOutputFailed", ErrorCategory.NotSpecified);
        Module.Run("Build-Image $args[0] -Output type=tar,dest=/no/place/x.tar", Context.Path).FailedWith("BuildOutputInvalid", ErrorCategory.InvalidArgument);
        Assert.Equal("old", Shell("ls -A out").Trim());
        Assert.Equal("", Shell("ls -A | grep '^\\.out' || true"));
        Assert.Empty(Module.Run("Get-Image test/built*").Succeeded().Output);
        Module.Run("Build-Image $args[0] -Output type=tar,dest=$($args[1])", Context.Path, Context["out"]).FailedWith("BuildOutputInvalid", ErrorCategory.InvalidArgument);
        foreach (string wrong in new[] { "type=image,dest=x", "type=tar", "type=tar,dest=-", "type=tar,dest=x,colour=red" })
            Module.Run("Build-Image $args[0] -Output $args[1]", Context.Path, wrong).FailedWith("BuildOutputInvalid", ErrorCategory.InvalidArgument);
        NothingLeft();
    }
}
